"""`Planned`: what becomes of each recording that was chosen: sent again, or refused, and what it costs."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from chunktape.calls.exchange_answer import FIRST_ERROR_STATUS, asked_at, read_answer, request_of
from chunktape.cli.refresh_key import Destination
from chunktape.cli.refresh_loop import loops
from chunktape.dialects.detect import dialect_of_url
from chunktape.errors import CassetteError
from chunktape.tape import store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from chunktape.cli.refresh_key import Access
    from chunktape.tape.interaction import Interaction

__all__ = ["Chosen", "Planned", "affordable", "cost_now", "plan"]


class Chosen(NamedTuple):
    """A cassette as it was read, and the places in it, from 0, that are to be recorded anew."""

    name: str
    path: Path
    interactions: tuple[Interaction, ...]
    places: tuple[int, ...]


class Planned(NamedTuple):
    """One recording; `refused` says why it is not sent, and its costs are None where they are not known."""

    chosen: Chosen
    place: int
    destination: Destination | None
    refused: str | None
    cost_then: float | None
    cost_now: float | None

    @property
    def interaction(self) -> Interaction:
        """The recording as it is now."""
        return self.chosen.interactions[self.place]


def plan(chosen: Chosen, access: Access) -> Iterator[Planned]:
    """Yield what becomes of the recordings that were chosen of a cassette."""
    tied = loops(chosen.interactions)
    try:
        store.require_writable(chosen.path)
        unwritable = None
    except CassetteError as error:
        unwritable = str(error).partition("\n")[0]
    for place in chosen.places:
        one = chosen.interactions[place]
        found: Destination | str
        if unwritable is not None:
            found = unwritable
        elif place in tied:
            found = f"{tied[place]}: {_way_out(one)}"
        else:
            found = _wrong_kind(one) or access.destination(one.request)
        then, now = _costs(one)
        sent = found if isinstance(found, Destination) else None
        yield Planned(chosen, place, sent, found if isinstance(found, str) else None, then, now)


def affordable(
    planned: Iterable[Planned], limit: float, *, unknown: bool, priced: bool
) -> Iterator[Planned]:
    """Yield the same, with those refused that would take the estimate above a limit.

    An unknown cost is refused, too, unless `unknown` lets it pass; `priced` says that there are prices.
    """
    spent = 0.0
    for one in planned:
        if one.destination is None:
            yield one
        elif one.cost_now is None:
            why = "what it costs is not known: --allow-unknown-cost sends it"
            if not priced:
                why = 'prices are not known here: pip install "chunktape[cost]", or --allow-unknown-cost'
            yield one if unknown else one._replace(destination=None, refused=why)
        elif spent + one.cost_now > limit:
            yield one._replace(destination=None, refused="it would cost more than --max-cost leaves")
        else:
            spent += one.cost_now
            yield one


def cost_now(one: Interaction) -> float | None:
    """Return what a recording costs by the prices of its own time, None where that is not known."""
    return _costs(one)[0]


def _costs(one: Interaction) -> tuple[float | None, float | None]:
    """Return what a recording cost, and what it would cost today."""
    reading = read_answer(one)
    if reading is None or reading.status != "complete":
        return None, None
    # It brings pydantic along.
    from chunktape.calls.cost import costs_of_answer, provider_of

    _, found = costs_of_answer(
        provider_of(one.request.url, reading.dialect),
        reading.answer,
        request_of(one),
        streamed=reading.streamed,
        times=(asked_at(one), datetime.now(UTC)),
        url=one.request.url,
    )
    then, now = found
    return then and then.usd, now and now.usd


def _wrong_kind(one: Interaction) -> str | None:
    """Return why a recording is none of those that can be made anew by sending its request."""
    if one.request.url is None or not one.request.body:
        return "its request was not recorded"
    if one.request.method != "POST" or dialect_of_url(one.request.url) is None or request_of(one) is None:
        # Who knows what else a second request does.
        return "it does not ask a model for an answer"
    if one.head is None or (one.ending is not None and one.ending.kind == "error"):
        return f"what was recorded is a failure, which may be what its test is about: {_way_out(one)}"
    if (one.head.status or 0) >= FIRST_ERROR_STATUS:
        return f"what was recorded is an error, which may be what its test is about: {_way_out(one)}"
    return None


def _way_out(one: Interaction) -> str:
    test = "" if one.recorded_by is None else f" {shlex.quote(one.recorded_by)}"
    return f"re-run the test instead: pytest --tape=rewrite{test}"
