"""A cassette as ``git diff`` shows it: each exchange as a conversation, and what cannot be read as it stands.

Git stops where its driver fails, so whatever is in a file becomes a text. Nothing in it names the file:
git calls it by another name each time.
"""

from __future__ import annotations

import warnings
from pathlib import Path

from chunktape.audit.discreet import discreet
from chunktape.audit.printable import printable
from chunktape.calls.transcript import transcripts_of
from chunktape.calls.transcript_text import transcript_text
from chunktape.errors import CassetteError, CassetteWarning
from chunktape.tape import codec

__all__ = ["conversation"]


def conversation(path: str) -> str:
    """Return a cassette as text, the same for the same bytes; no file at all is a `CassetteError`."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise CassetteError(
            f"Cassette not read: {error.strerror}\n  where: {path}\n  way out: name a file that may be read"
        ) from error
    # The suffix tells the form; the rest of the name is git's.
    suffixes = "".join(Path(path).suffixes[-2:])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CassetteWarning)
        try:
            interactions = codec.loads(data, name=f"cassette{suffixes}")
            return printable(discreet(transcript_text(transcripts_of(interactions))))
        except (CassetteError, RecursionError) as error:
            why = str(error).partition("\n")[0] if isinstance(error, CassetteError) else "nested too deeply"
    return f"# no cassette that can be read ({discreet(why)}); this is the file itself\n\n{_plain(data)}"


def _plain(data: bytes) -> str:
    if b"\0" in data:
        return f"# {len(data)} bytes that are no text"
    return printable(discreet(data.decode("utf-8", "replace")))
