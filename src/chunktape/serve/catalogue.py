"""`Catalogue`: which recordings answer a request, found by hash, and why none does."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from chunktape.dialects.detect import dialect_of, dialect_of_url
from chunktape.serve.operation import levelled
from chunktape.tape.matching import Matching
from chunktape.tape.miss import explain_miss

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from chunktape.dialects.detect import Dialect
    from chunktape.serve.shelf import Recording
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.redaction import Redaction
    from chunktape.wire.message import Request

__all__ = ["MATCH_ON", "Catalogue", "Found", "Told"]

MATCH_ON = ("method", "path", "query", "body")
# What is compared with each of the nearest recordings, value by value, in less than a second.
_COMPARED = 1 << 20
_COMPARED_VALUES = 10_000
_HINT = re.compile(r"(    only .*): (?:adding (?=.* to normalize)|normalize=)(.*) would match it")


class Found(NamedTuple):
    """The recordings of a request, by their indices in the catalogue, in order, and the key they share."""

    key: bytes
    indices: tuple[int, ...]


class Told(NamedTuple):
    """The words of an explanation: what the recordings are called together, and the ways out."""

    name: str
    way_out: str
    again: str


class Catalogue:
    """The recordings by what they answer; requests match whatever address they came to."""

    def __init__(
        self,
        recordings: Sequence[Recording],
        redaction: Redaction,
        matching: Matching | None = None,
    ) -> None:
        self.recordings: list[Recording] = []
        self._redaction = redaction
        self._matching = matching or Matching(match_on=MATCH_ON)
        self._requests: list[Request] = []
        self._indices: defaultdict[bytes, list[int]] = defaultdict(list)
        for recording in recordings:
            self.add(recording)

    def add(self, recording: Recording) -> None:
        """Take one more recording, behind the others."""
        request = levelled(self._redaction.sought(recording.interaction.request))
        wild = self._matching.wildcard(request)
        key = _any(dialect_of(recording.interaction.body)) if wild else self._matching.key(request)
        self._indices[key].append(len(self.recordings))
        self._requests.append(request)
        self.recordings.append(recording)

    def key(self, request: Request) -> bytes:
        """Return what a request is found by; takes seconds for a very big one."""
        return self._matching.key(levelled(self._redaction.sought(request)))

    def find(self, request: Request, key: bytes, cassette: str | None = None) -> Found:
        """Return what answers a request of this key, in one cassette or (None) in all of them.

        A reply whose request is not known answers any POST of its dialect that nothing else does; one
        that speaks none is taken for whatever is asked for.
        """
        wild = (_any(dialect_of_url(request.url or "")), _any(None))
        for one in (key, *wild) if request.method == "POST" else (key,):
            if indices := self._of(cassette, self._indices.get(one, ())):
                return Found(one, indices)
        return Found(key, ())

    def shown(self, request: Request) -> Request:
        """Return a request as it may be shown: without its secrets."""
        return self._redaction.request(request)

    def text(self, text: str, request: Request) -> str:
        """Return a text about a request as it may be shown."""
        return self._redaction.text(text, request)

    def explain(
        self, request: Request, played: Collection[int] | None, cassette: str | None, told: Told
    ) -> str:
        """Return why nothing answers a request: what comes closest, and what differs.

        `played` is what is spent; None where a recording may be played again.
        """
        indices = self._of(cassette, range(len(self.recordings)))
        if not _is_comparable(request.body):
            return self._explain_big(request, len(indices), told)
        known = self.shown(request)
        text = explain_miss(
            levelled(known),
            [self._as_asked(index) for index in indices],
            frozenset(number for number, index in enumerate(indices) if index in (played or ())),
            matching=self._matching,
            cassette=told.name,
            way_out=told.way_out,
            called=lambda number: str(self.recordings[indices[number]]),
            again=told.again,
        )
        # The address under which they are compared is nobody's.
        _, where, *rest = text.split("\n")
        if played is None:
            where = f"  cassette: {told.name} ({len(indices)} recorded)"
        return "\n".join([f"No recording for {known.method} {known.url}", where, *map(_in_options, rest)])

    def _explain_big(self, request: Request, count: int, told: Told) -> str:
        size = len(request.body)
        bare = self.shown(replace(request, body=b""))
        return (
            f"No recording for {bare.method} {bare.url}\n"
            f"  cassette: {told.name} ({count} recorded)\n"
            f"  its body of {size:,} bytes is too much to be compared with theirs\n"
            f"  to record it: {told.way_out}"
        )

    def _as_asked(self, index: int) -> Interaction:
        return replace(self.recordings[index].interaction, request=self._requests[index])

    def _of(self, cassette: str | None, indices: Sequence[int]) -> tuple[int, ...]:
        if cassette is None:
            return tuple(indices)
        return tuple(index for index in indices if self.recordings[index].cassette == cassette)


def _any(dialect: Dialect | None) -> bytes:
    """Return the key of the replies in a dialect whose requests are not known; no hash reads so."""
    return f"*{dialect or ''}".encode()


def _in_options(line: str) -> str:
    """Return a line of an explanation with the option of the command where it names an argument."""
    if (found := _HINT.fullmatch(line)) is None:
        return line
    options = [f"--normalize {name}" for name in re.findall(r'"(\w+)"', found[2])]
    return f"{found[1]}: {' '.join(options)} would match it"


def _is_comparable(body: bytes) -> bool:
    # Whatever has many values has a comma between them.
    return len(body) <= _COMPARED and body.count(b",") <= _COMPARED_VALUES and _is_text(body)


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except ValueError:
        return False
    return True
