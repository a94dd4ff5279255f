"""What is fuzzed: each target takes any bytes, and raises where something is not as it must be.

Imported by `run`, which feeds them with what a fuzzer thinks of, and by the test that replays the
kept corpus.
"""

from __future__ import annotations

import gzip
import json
import warnings
from typing import TYPE_CHECKING, get_args

from chunktape.dialects.detect import Dialect, answer_for, assembly_for, common_reason_for, read
from chunktape.errors import CassetteError
from chunktape.tape import codec
from chunktape.wire.sse import EventParser, block_ends, events

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TARGETS"]

NAMES = ("a.yaml", "a.json", "a.sse", "a", "a.yaml.gz", "a.json.gz")
URL = "https://api.test/v1/chat/completions"


class FuzzError(AssertionError):
    """Something is not as it must be."""


def require(what: str, *, holds: bool) -> None:
    """Raise where it does not hold."""
    if not holds:
        raise FuzzError(what)


def codec_target(data: bytes) -> None:
    """Read a cassette text, in the form that the first byte says: damage, or what reads back."""
    if not data:
        return
    name = NAMES[data[0] % len(NAMES)]
    text = data[1:]
    if name.endswith(".gz") and not text.startswith(b"\x1f\x8b"):
        text = gzip.compress(text, 1, mtime=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = codec.loads(text, name=name)
        except CassetteError as error:
            require(f"an error that says where: {error}", holds=f"  where: {name}" in str(error))
            return
        try:
            written = codec.dumps(found)
        except CassetteError as error:
            # Text that no cassette can hold, which is said before anything is touched.
            require(f"an error of writing: {error}", holds=str(error).startswith("Cassette not written: "))
            return
        again = codec.loads(written, name="a.yaml")
    require("as many interactions", holds=len(found) == len(again))
    require("the same bodies", holds=[one.body for one in found] == [one.body for one in again])
    require("the same text", holds=written == codec.dumps(again))


def sse_target(data: bytes) -> None:
    """Read events, whole and cut as the first two bytes say: they are the same."""
    if len(data) < 2:
        return
    first, second, body = data[0], data[1], data[2:]
    whole = list(events(body))
    for size in {1, 1 + first % 7, 1 + second}:
        parser = EventParser()
        found = [event for at in range(0, len(body), size) for event in parser.feed(body[at : at + size])]
        require(f"the same events in pieces of {size}", holds=whole == [*found, *parser.finish()])
    ends = block_ends(body)
    require("ends in order", holds=ends == sorted(set(ends)) and (ends[-1] if ends else 0) == len(body))


def dialects_target(data: bytes) -> None:
    """Read a body in every dialect: without an exception, and the same in pieces as at once."""
    if not data:
        return
    step, body = 1 + data[0] % 50, data[1:]
    read(body, url=URL)
    for dialect in get_args(Dialect):
        at_once, in_pieces = assembly_for(dialect), assembly_for(dialect)
        for event in events(body):
            at_once.feed(event)
            at_once.outline()
        parser = EventParser()
        for at in range(0, len(body), step):
            for event in parser.feed(body[at : at + step]):
                in_pieces.feed(event)
        for event in parser.finish():
            in_pieces.feed(event)
        calls = at_once.finish(), in_pieces.finish()
        require("the same calls", holds=repr(calls[0]) == repr(calls[1]))
        found = at_once.body()
        require("the same body", holds=repr(found) == repr(in_pieces.body()))
        require("the same end", holds=at_once.status == in_pieces.status)
        json.dumps(found)
        answer = answer_for(dialect, found)
        for choice in answer.choices:
            common_reason_for(dialect, choice)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "codec": codec_target,
    "sse": sse_target,
    "dialects": dialects_target,
}
