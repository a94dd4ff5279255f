"""SSE-5 and SSE-10: what HTTP says about a stream, before and after its body."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chunktape.audit.chat import shown
from chunktape.audit.finding import Hit
from chunktape.audit.rule import Rule
from chunktape.wire.message import Ending, Failure, Head

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from chunktape.audit.exchange import Exchange
    from chunktape.tape.interaction import Interaction

__all__ = ["RULES"]

_WHATWG = "https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream"


def _content_type(exchange: Exchange) -> Iterator[Hit]:
    # One that is not there may have been taken out of the cassette.
    said = exchange.header("content-type")
    if said is not None and said.partition(";")[0].strip().lower() != "text/event-stream":
        yield Hit(f"the content type of a stream is {shown(said)}", said[:80], None, f"content-type: {said}")


def _no_type(exchange: Exchange) -> str | None:
    return "its headers are not known" if exchange.header("content-type") is None else None


def _no_ending(exchange: Exchange) -> str | None:
    return "how its transport ended was not recorded" if exchange.interaction.ending is None else None


def _other_type(one: Interaction, _: Random) -> Interaction | None:
    head = one.head or Head(200)
    kept = tuple(field for field in head.headers if field[0].lower() != "content-type")
    return replace(one, head=replace(head, headers=(*kept, ("content-type", "text/plain"))))


def _closed(exchange: Exchange) -> Iterator[Hit]:
    one = exchange.interaction
    ending = one.ending
    if ending is not None and ending.kind == "error":
        failure = ending.failure
        kind = "error" if failure is None else failure.kind
        detail = "" if failure is None else f": {failure.type} {failure.message}".rstrip()
        yield Hit(f"the transport failed ({kind}){detail}", kind, len(exchange.frames) or None)
    elif ending is not None and ending.kind == "eof" and one.framing == "length" and not one.content_encoding:
        said = (exchange.header("content-length") or "").strip()
        if said.isascii() and said.isdigit() and int(said) > len(exchange.body):
            yield Hit(
                f"{said} bytes were announced and {len(exchange.body)} came",
                "length",
                None,
                f"content-length: {said}",
            )


def _broken(one: Interaction, _: Random) -> Interaction | None:
    failure = Failure("reset", "invented.ReadError", "peer closed the connection")
    return replace(one, ending=Ending("error", None, failure))


RULES: tuple[Rule, ...] = (
    Rule(
        id="SSE-5",
        title="the content type is text/event-stream",
        strict="warning",
        compat="warning",
        source=_WHATWG,
        example="content-type: application/json",
        way_out="Send `content-type: text/event-stream` with a stream.",
        check=_content_type,
        lacks=_no_type,
        mutate=_other_type,
    ),
    Rule(
        id="SSE-10",
        title="HTTP closed cleanly",
        strict="error",
        compat="warning",
        source="RFC 9112 §8: https://www.rfc-editor.org/rfc/rfc9112#section-8",
        example="a chunked body without its last chunk",
        way_out="Look at what lies between: a proxy's timeout, or a server that gave up.",
        check=_closed,
        lacks=_no_ending,
        mutate=_broken,
    ),
)
