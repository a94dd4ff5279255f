"""A cassette as vcrpy itself would have written it: version 1, in YAML, without a block of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chunktape.cli.export_document import Document, Export
from chunktape.errors import CassetteError
from chunktape.tape.cassette_text import plain_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chunktape.cli.export_document import Numbered
    from chunktape.tape.interaction import Interaction

__all__ = ["export"]


def export(name: str, chosen: Numbered) -> Export:
    """Return one cassette with what vcrpy can play, and what it cannot in words.

    Requests are written as the bytes that were sent, which all of vcrpy's matchers find.
    """
    kept = [(number, one) for number, one in chosen if _why_not(one) is None]
    lost = list(_lost(name, chosen))
    if not kept:
        raise CassetteError(f"Not exported: {lost[0]}\n  way out: --to har holds these")
    text = b"".join(plain_lines([one for _, one in kept]))
    return Export((Document(text, ".yaml"),), tuple(lost))


def _why_not(one: Interaction) -> str | None:
    """Return why vcrpy cannot express an interaction, None where it can."""
    if one.head is None:
        return "no reply came, and vcrpy knows no failures"
    if one.request.method is None or one.request.url is None:
        return "its request is not known, and vcrpy finds replies by it"
    return "its status is not known, and vcrpy answers with one" if one.head.status is None else None


def _lost(name: str, chosen: Numbered) -> Iterator[str]:
    left: dict[str, list[int]] = {}
    for number, one in chosen:
        why = _why_not(one)
        if why is not None:
            left.setdefault(why, []).append(number)
    for why, numbers in left.items():
        yield f"{_which(numbers)} of {name} left out: {why}"
    kept = [(number, one) for number, one in chosen if _why_not(one) is None]
    streams = [number for number, one in kept if one.framed and len(one.ends) > 1]
    if streams:
        yield f"{_which(streams)} of {name}: vcrpy plays the body at once; where its chunks ended is lost"
    timed = [number for number, one in kept if one.timing is not None]
    if timed:
        yield f"{_which(timed)} of {name}: the times are lost"
    broken = [
        number
        for number, one in kept
        if one.ending is not None and (one.ending.failure is not None or one.ending.kind == "cancelled")
    ]
    if broken:
        yield f"{_which(broken)} of {name}: the break is lost; what came before it plays as if it were all"


def _which(numbers: Sequence[int]) -> str:
    word = "interaction" if len(numbers) == 1 else "interactions"
    return f"{word} {', '.join(map(str, numbers))}"
