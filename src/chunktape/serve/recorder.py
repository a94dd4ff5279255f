"""`Recorder`: what a server does with a request that it has no recording of, where it may record one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from chunktape.errors import ConfigurationError, shorten
from chunktape.serve.errand import Errand, Errands
from chunktape.serve.operation import operation_of
from chunktape.serve.place import is_beside
from chunktape.serve.sharing import shared
from chunktape.serve.shelf import Recording, name_of
from chunktape.tape.end_marker import is_end_marker
from chunktape.tape.event_boundary import is_event_stream
from chunktape.wire.sse import events

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from chunktape.serve.arrival import Arrival
    from chunktape.serve.catalogue import Catalogue
    from chunktape.serve.deposit import Take
    from chunktape.serve.reel import Reels
    from chunktape.serve.shelf import Shelf
    from chunktape.serve.step import Step
    from chunktape.serve.upstream import Upstreams
    from chunktape.tape.interaction import Interaction

__all__ = ["Recorder", "known_at", "playable"]

FIRST_ERROR = 400
# SDKs close what they have read to its end marker.
_ENDED = frozenset({"eof", "closed"})


class Recorder:
    """Sends requests on to `upstreams` and keeps what comes in `reels`.

    Where it `grows` the catalogue, what was recorded whole, and is no refusal, is played from then on.
    """

    def __init__(self, upstreams: Upstreams, reels: Reels, catalogue: Catalogue, *, grows: bool) -> None:
        self.upstreams = upstreams
        self.reels = reels
        self.errands = Errands()
        self._catalogue = catalogue
        self._grows = grows

    def name(self, arrival: Arrival) -> str:
        """Return what the cassette of a request is called.

        Raises `ConfigurationError` for a name that none can have.
        """
        return self._name(self.reels.path_of(arrival.cassette))

    def level(self, cassette: str) -> str:
        """Return the name by which a cassette is found again that is recorded under this one.

        Raises `ConfigurationError` for a name that none can have.
        """
        return self._name(self.reels.path_of(cassette))

    def record(self, arrival: Arrival) -> AsyncIterator[Step]:
        """Return the steps of what the provider answers.

        Raises `ConfigurationError` where nobody is to be asked.
        """
        if arrival.fault is not None:
            raise ConfigurationError(
                "A fault alters what is played, and this request has no recording yet\n"
                "  way out: send it once without x-chunktape-fault"
            )
        wanted = arrival.cassette or ""
        if (shown := self._catalogue.text(wanted, arrival.request)) != wanted:
            raise ConfigurationError(f"No cassette is called {shorten(shown)!r}: the name holds a secret")
        path = self.reels.path_of(arrival.cassette)
        request = self.upstreams.aim(arrival)
        take = self.reels.begin(path, request)
        name = self._name(path)

        def kept(take: Take) -> None:
            # Reading a big one takes seconds, for which others would wait.
            if not self._grows or take.tap.ending.kind not in _ENDED:
                return
            interaction = self.reels.redacted(take)
            if _is_whole(interaction):
                self._catalogue.add(Recording(name, take.number, interaction))

        def told(why: str) -> str:
            bare = replace(request, body=b"")
            url = self._catalogue.shown(bare).url or ""
            return f"No answer from {url.partition('?')[0]}: {self._catalogue.text(why, bare)}"

        errand = Errand(
            request,
            take,
            self.reels,
            flavor=operation_of(arrival.path, arrival.query).flavor,
            headers=shared(arrival.request),
            told=told,
            kept=kept,
        )
        return self.errands.steps(errand)

    def _name(self, path: Path) -> str:
        if self.reels.is_file:
            return name_of(path)
        return path.relative_to(self.reels.place).with_name(name_of(path)).as_posix()


def known_at(shelf: Shelf) -> dict[Path, int]:
    """Return how many recordings each file of a shelf holds."""
    counts = Counter(one.cassette for one in shelf.recordings)
    return {path: counts[name] for name, path in shelf.cassettes.items()}


def playable(shelf: Shelf, place: Path, *, grows: bool) -> list[Recording]:
    """Return what is played of a shelf by who records at a place.

    What is asked for again while it runs is so after a restart as well: where it `grows`, refusals and
    what broke off are not played, nor are files that lie beside a cassette whose place they may not take.
    """
    own = {name for name, path in shelf.cassettes.items() if path == place or place in path.parents}
    beside = {name for name in own if shelf.cassettes[name] != place and is_beside(name)}
    played = [one for one in shelf.recordings if one.cassette not in beside]
    if not grows:
        return played
    return [one for one in played if one.cassette not in own or _is_whole(one.interaction)]


def _is_whole(one: Interaction) -> bool:
    """Return whether a recording is an answer that came to its end, and no refusal."""
    status = 0 if one.head is None else one.head.status or 0
    # What other tools have written says nothing of its ending.
    kind = "eof" if one.ending is None else one.ending.kind
    if not 0 < status < FIRST_ERROR or kind not in _ENDED:
        return False
    return (
        kind == "eof" or not is_event_stream(one.head, one.body) or any(map(is_end_marker, events(one.body)))
    )
