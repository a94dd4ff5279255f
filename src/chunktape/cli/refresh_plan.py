"""`Planned`: what becomes of each recording that was chosen: sent again, or refused, and what it costs."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

from chunktape.calls.exchange_answer import FIRST_ERROR_STATUS, request_of
from chunktape.cli.refresh_loop import loops
from chunktape.dialects.detect import dialect_of_url
from chunktape.errors import CassetteError
from chunktape.tape import store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from chunktape.cli.card import Card
    from chunktape.cli.refresh_key import Access, Destination
    from chunktape.tape.interaction import Interaction

__all__ = ["Chosen", "Planned", "affordable", "plan"]


class Chosen(NamedTuple):
    """A cassette as it was read, and those of its recordings that are to be made anew."""

    name: str
    path: Path
    interactions: tuple[Interaction, ...]
    cards: tuple[Card, ...]


class Planned(NamedTuple):
    """One recording, and how it is sent again; without a `destination`, `refused` says why it is not."""

    chosen: Chosen
    card: Card
    destination: Destination | None
    refused: str | None = None

    @property
    def place(self) -> int:
        """Where it stands in its cassette, from 0."""
        return self.card.index

    @property
    def interaction(self) -> Interaction:
        """The recording as it is now."""
        return self.card.interaction

    @property
    def cost_again(self) -> float | None:
        """What it would cost today, in USD, None where that is not known."""
        return None if self.card.cost_again is None else self.card.cost_again.usd


def plan(chosen: Chosen, access: Access, *, errors: bool) -> Iterator[Planned]:
    """Yield what becomes of the recordings that were chosen of a cassette; `errors` only if meant."""
    tied = loops(chosen.interactions)
    try:
        store.require_writable(chosen.path)
        unwritable = None
    except CassetteError as error:
        unwritable = str(error).partition("\n")[0]
    for card in chosen.cards:
        one = card.interaction
        found: Destination | str
        if unwritable is not None:
            found = unwritable
        elif card.index in tied:
            found = f"{tied[card.index]}: {_way_out(one)}"
        else:
            found = _wrong_kind(one, errors=errors) or access.destination(one.request)
        if isinstance(found, str):
            yield Planned(chosen, card, None, found)
        else:
            yield Planned(chosen, card, found)


def affordable(planned: Iterable[Planned], limit: float, *, unknown: bool, priced: bool) -> Iterator[Planned]:
    """Yield the same, with those refused that would take the estimate above a limit.

    An unknown cost is refused, too, unless `unknown` lets it pass; `priced` says that there are prices.
    """
    spent = 0.0
    for one in planned:
        if one.destination is None:
            yield one
        elif one.cost_again is None:
            why = "what it costs is not known: --allow-unknown-cost sends it"
            if not priced:
                why = 'prices are not known here: pip install "chunktape[cost]", or --allow-unknown-cost'
            yield one if unknown else one._replace(destination=None, refused=why)
        elif spent + one.cost_again > limit:
            yield one._replace(destination=None, refused="it would cost more than --max-cost leaves")
        else:
            spent += one.cost_again
            yield one


def _wrong_kind(one: Interaction, *, errors: bool) -> str | None:
    """Return why a recording is none of those that can be made anew by sending its request."""
    if one.request.url is None or not one.request.body:
        return "its request was not recorded"
    if one.request.method != "POST" or dialect_of_url(one.request.url) is None or request_of(one) is None:
        # Who knows what else a second request does.
        return "it does not ask a model for an answer"
    failed = one.head is None or (one.ending is not None and one.ending.kind == "error")
    if not errors and (failed or (one.head is not None and (one.head.status or 0) >= FIRST_ERROR_STATUS)):
        return "what was recorded is an error, which may be what its test is about: --errors sends it, too"
    return None


def _way_out(one: Interaction) -> str:
    test = "" if one.recorded_by is None else f" {shlex.quote(one.recorded_by)}"
    return f"re-run the test instead: pytest --tape=rewrite{test}"
