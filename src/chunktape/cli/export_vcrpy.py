"""A cassette as vcrpy itself would have written it: version 1, in YAML, without a block of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chunktape.cli.export_document import Document, Export, Loss
from chunktape.errors import CassetteError
from chunktape.tape.cassette_text import plain_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.cli.export_document import Numbered
    from chunktape.tape.interaction import Interaction

__all__ = ["export"]


def export(name: str, chosen: Numbered) -> Export:
    """Return one cassette with what vcrpy can play, and what it cannot in words.

    Requests are written as the bytes that were sent, which all of vcrpy's matchers find.
    """
    kept = [(number, one) for number, one in chosen if _why_not(one) is None]
    said = tuple(_left_out(name, chosen))
    if not kept:
        raise CassetteError(f"Not exported: {said[0]}\n  way out: --to har holds these")
    text = b"".join(plain_lines([one for _, one in kept]))
    return Export((Document(text, ".yaml"),), said, tuple(_lost(kept)))


def _why_not(one: Interaction) -> str | None:
    """Return why vcrpy cannot express an interaction, None where it can."""
    if one.head is None:
        return "no reply came, and vcrpy knows no failures"
    if one.request.method is None or one.request.url is None:
        return "its request is not known, and vcrpy finds replies by it"
    return "its status is not known, and vcrpy answers with one" if one.head.status is None else None


def _left_out(name: str, chosen: Numbered) -> Iterator[str]:
    left: dict[str, list[int]] = {}
    for number, one in chosen:
        why = _why_not(one)
        if why is not None:
            left.setdefault(why, []).append(number)
    for why, numbers in left.items():
        word = "interaction" if len(numbers) == 1 else "interactions"
        yield f"{word} {', '.join(map(str, numbers))} of {name} left out: {why}"


def _lost(kept: Numbered) -> Iterator[Loss]:
    for what, had in (
        ("vcrpy plays a body at once, so where its chunks ended is lost", _in_chunks),
        ("vcrpy keeps no times", lambda one: one.timing is not None),
        ("vcrpy knows no broken replies, and plays what came as if it were all", _broken),
    ):
        numbers = tuple(number for number, one in kept if had(one))
        if numbers:
            yield Loss(what, numbers)


def _in_chunks(one: Interaction) -> bool:
    return one.framed and len(one.ends) > 1


def _broken(one: Interaction) -> bool:
    ending = one.ending
    return ending is not None and (ending.failure is not None or ending.kind == "cancelled")
