"""The bare body of an interaction: the bytes as they were decoded, one file for each, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chunktape.cli.export_document import Document, Export, Loss
from chunktape.cli.fact import is_event_stream
from chunktape.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chunktape.cli.export_document import Numbered
    from chunktape.tape.interaction import Interaction

__all__ = ["export"]

_MOST_NUMBERS = 10


def export(name: str, chosen: Numbered, *, any_body: bool = False) -> Export:
    """Return the body of each interaction; with `any_body` also of those that are no event streams.

    Those are named .txt, or .bin where they are no text: suffixes by which chunktape reads a bare body.
    """
    others = [number for number, one in chosen if not is_event_stream(one)]
    if others and not any_body:
        raise CassetteError(_refusal(name, others, every=len(others) == len(chosen)))
    documents = tuple(Document(one.body, _suffix(one), f".{number}") for number, one in chosen)
    return Export(documents, (), tuple(_lost(chosen)))


def _refusal(name: str, others: Sequence[int], *, every: bool) -> str:
    shown = ", ".join(map(str, others[:_MOST_NUMBERS])) + (", …" if len(others) > _MOST_NUMBERS else "")
    which = f"interaction {shown} is no event stream"
    if len(others) > 1:
        which = f"interactions {shown} are no event streams"
    choose = "" if every else "choose the streams with --only, or "
    return f"Not exported: {which}\n  where: {name}\n  way out: {choose}write any body with --any-body"


def _suffix(one: Interaction) -> str:
    if is_event_stream(one):
        return ".sse"
    try:
        one.body.decode()
    except UnicodeDecodeError:
        return ".bin"
    return ".txt"


def _lost(chosen: Numbered) -> Iterator[Loss]:
    broken = tuple(
        number for number, one in chosen if one.ending is not None and one.ending.failure is not None
    )
    if broken:
        yield Loss("A bare body does not say that it was cut short", broken)
