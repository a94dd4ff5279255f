"""`Document`: what an export makes of interactions before it is written anywhere; and the forms there are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from chunktape.errors import CassetteError, SecretFoundError
from chunktape.tape.sighting import Inspection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from chunktape.tape.interaction import Interaction

    Numbered: TypeAlias = "Sequence[tuple[int, Interaction]]"

__all__ = ["FORMS", "Document", "Export", "Loss", "documents_of"]


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes of one file: `mark` and `suffix` follow the name of the cassette in its name."""

    data: bytes
    suffix: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that a form cannot keep, and the interactions that had it."""

    what: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Export:
    """What a form makes of one cassette, and what it could not keep.

    `said` are words about this cassette alone; losses are told of all cassettes together.
    """

    documents: tuple[Document, ...]
    said: tuple[str, ...] = ()
    lost: tuple[Loss, ...] = ()


def _of(module: str) -> Callable[[str, Numbered], Export]:
    def make(name: str, chosen: Numbered) -> Export:
        made: Export = import_module(f"{__package__}.{module}").export(name, chosen)
        return made

    return make


FORMS: dict[str, Callable[[str, Numbered], Export]] = {
    "markdown": _of("export_markdown"),
    "har": _of("export_har"),
    "sse": _of("export_sse"),
    "vcrpy": _of("export_vcrpy"),
}


def documents_of(name: str, chosen: Numbered, form: str, *, any_body: bool = False) -> Export:
    """Return a cassette in another form, without secrets, whoever has recorded it.

    Raises `CassetteError` where the form cannot hold any of it, and `SecretFoundError` where a secret
    would still be in it.
    """
    if not chosen:
        raise CassetteError(
            f"Nothing to export: {name} holds no interaction\n  way out: record it again, or name another"
        )
    inspection = Inspection(more={}, environ=os.environ)
    cleaned = [(number, inspection.interaction(one)) for number, one in chosen]
    said = []
    if form == "sse":
        from chunktape.cli.export_sse import export

        _require_clean(name, chosen, cleaned)
        made = export(name, cleaned, any_body=any_body)
    else:
        made = FORMS[form](name, cleaned)
        # A conversation has no headers.
        taken = _taken_out(inspection, chosen, cleaned, headers=form != "markdown")
        if taken:
            said.append(
                f"{name} holds secrets, which are not exported: {taken}\n"
                f"  way out: chunktape scrub --write {name}"
            )
    for document in made.documents:
        for leak in inspection.scan(document.data):
            raise SecretFoundError(
                f"Not exported: {leak.what} would be in it, line {leak.line}\n  where: {name}\n"
                f"  way out: chunktape scrub --write --pattern '…' {name} takes it out; "
                "it stands there in a form of its own"
            )
    return Export(made.documents, (*said, *made.said), made.lost)


def _require_clean(name: str, chosen: Numbered, cleaned: Numbered) -> None:
    """Refuse a body in which redaction finds something: it would not be exact any more."""
    for (number, one), (_, clean) in zip(chosen, cleaned, strict=True):
        if one.body != clean.body:
            raise SecretFoundError(
                f"Not exported: there is a secret in the body of interaction {number}\n  where: {name}\n"
                f"  way out: chunktape scrub --write {name} takes it out of the cassette"
            )


def _taken_out(inspection: Inspection, chosen: Numbered, cleaned: Numbered, *, headers: bool) -> str:
    """Return what was secret, each kind once, in words that do not show it."""
    pairs = zip(chosen, cleaned, strict=True)
    found = [seen for (_, one), (_, clean) in pairs for seen in inspection.sightings(one, clean)]
    kinds = dict.fromkeys(
        f"{seen.what} ({seen.place})"
        for seen in found
        if seen.kind == "secret" and (headers or " header " not in seen.place)
    )
    return ", ".join(kinds)
