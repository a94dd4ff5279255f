"""`Recorder`: what a server does with a request that it has no recording of, where it may record one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chunktape.errors import ConfigurationError, shorten
from chunktape.serve.errand import Errand, Errands
from chunktape.serve.operation import operation_of
from chunktape.serve.sharing import shared
from chunktape.serve.shelf import Recording, name_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from chunktape.serve.arrival import Arrival
    from chunktape.serve.catalogue import Catalogue
    from chunktape.serve.reel import Reels, Take
    from chunktape.serve.step import Step
    from chunktape.serve.upstream import Upstreams

__all__ = ["Recorder"]

FIRST_ERROR = 400


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
            if not self._grows or take.tap.ending.kind != "eof":
                return
            interaction = self.reels.redacted(take)
            status = 0 if interaction.head is None else interaction.head.status or 0
            ended = interaction.ending is not None and interaction.ending.kind == "eof"
            if ended and 0 < status < FIRST_ERROR:
                count = sum(one.cassette == name for one in self._catalogue.recordings)
                self._catalogue.add(Recording(name, count + 1, interaction))

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
