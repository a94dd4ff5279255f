"""What was missed inside a cassette, told by another exception that leaves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chunktape.tape.session import Session

__all__ = ["note_missed"]


def note_missed(error: BaseException, session: Session) -> None:
    """Add the first miss or refusal to an exception as a note, unless its traceback shows it anyway."""
    missed = next(iter((*session.missed, *session.refused)), None)
    if missed is not None and not _shows(error, missed):
        error.add_note(str(missed))


def _shows(error: BaseException | None, missed: BaseException) -> bool:
    if error is None or error is missed:
        return error is missed
    group = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return any(_shows(one, missed) for one in (*group, before))
