"""What keeps a text from the disk, or is to be said of it: secrets, and what redaction has broken."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from chunktape.errors import CassetteError, CassetteWarning, SecretFoundError
from chunktape.tape.secret_entropy import random_member

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chunktape.tape.interaction import Interaction
    from chunktape.tape.redaction import Redaction
    from chunktape.tape.secret_scan import Leak

__all__ = ["hint_at_secret", "hint_of", "refuse_leaks", "require_unbroken"]


def require_unbroken(redaction: Redaction, name: str) -> None:
    """Raise `CassetteError` where redaction has broken something."""
    for what in redaction.broken:
        raise CassetteError(
            f"Cassette not written: redaction would break {what}\n  where: {name}\n"
            "  way out: let redact=[…] take out the secret only, (?P<secret>…), and not what stands around it"
        )


def hint_at_secret(recorded: Iterable[Interaction], name: str) -> None:
    """Warn of what looks like a secret and was written."""
    if (hint := hint_of(recorded, name)) is not None:
        warnings.warn(hint, stacklevel=2)


def hint_of(recorded: Iterable[Interaction], name: str) -> CassetteWarning | None:
    """Return the warning of what looks like a secret and was written; None where nothing does."""
    for number, one in enumerate(recorded, start=1):
        if (member := random_member(one)) is not None:
            return CassetteWarning(
                f"Perhaps a secret: {member!r} looks random, in recording {number} of this session\n"
                f"  where: {name}, {one.request.method} {one.request.url}\n"
                "  way out: redact=[…] where it is one; it was written as it is"
            )
    return None


def refuse_leaks(leaks: tuple[Leak, ...], text: bytes, name: str) -> None:
    """Raise `SecretFoundError` where there is a leak."""
    if not leaks:
        return
    first = leaks[0]
    above = text.split(b"\n")[: first.line]
    number = sum(line.startswith(b"- request:") for line in above)
    more = f", and {len(leaks) - 1} more" if len(leaks) > 1 else ""
    raise SecretFoundError(
        f"Cassette not written: it would hold {first.what}{more}\n"
        f"  where: {name}, line {first.line} of what was to be written, in interaction {number}\n"
        "  way out: redact=[…] with that text, or a pattern that finds it, takes it out"
    )
