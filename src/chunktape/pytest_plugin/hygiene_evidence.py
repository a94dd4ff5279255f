"""Who has recorded a cassette, read from the file: first by a search, and by a parser where it matters."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

__all__ = ["certain_owners", "likely_owners"]

_LINE = re.compile(rb"^      recorded_by: (.+)$", re.MULTILINE)


def likely_owners(path: str) -> list[str]:
    """Return the nodes that a cassette seems to be recorded by; a body may look as if it said so, too."""
    try:
        data = Path(path).read_bytes()
    except OSError:
        return []
    return list(dict.fromkeys(_text(found) for found in _LINE.findall(data)))


def certain_owners(path: str) -> list[str]:
    """Return the nodes that have recorded a cassette; none where part of it may be somebody else's."""
    # The readers bring YAML along.
    from chunktape.errors import CassetteError
    from chunktape.tape import store

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = [one.recorded_by for one in store.read(Path(path))]
    except CassetteError:
        return []
    return [] if None in found else list(dict.fromkeys(one for one in found if one is not None))


def _text(scalar: bytes) -> str:
    text = scalar.decode(errors="replace").strip()
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    return text
