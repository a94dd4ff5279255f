"""`Transcript`: one exchange as a person reads it, and what is left out so that it stays the same.

What changes from one recording to the next of an equal answer (ids, times, fingerprints, padding) is
masked unless `exact` is asked for; `transcript_text` writes it down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chunktape.calls.cost import cost_of_answer, provider_of
from chunktape.calls.exchange_answer import asked_at, read_answer, request_of
from chunktape.calls.response import BaseCallResponse
from chunktape.calls.stream import BaseStream
from chunktape.calls.structured import BaseStructuredStream
from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chunktape.calls.cost import Cost
    from chunktape.calls.cost_metadata import CostMetadata
    from chunktape.dialects.answer import Answer
    from chunktape.tape.interaction import Interaction

__all__ = ["Transcript", "transcripts_of"]


@dataclass(frozen=True)
class Transcript:
    """What a snapshot shows of one exchange.

    `request` is the JSON that was sent, `answer` None where no model was asked. `error` is the
    provider's, in its own words; `exchange` the recording, where there is one.
    """

    provider: str | None
    request: Mapping[str, Any]
    streamed: bool
    answer: Answer | None
    status: str
    error: tuple[str | None, str] | None = None
    cost_metadata: CostMetadata | None = None
    cost: Cost | None = None
    http_status: int | None = None
    exchange: Interaction | None = None
    request_id: str | None = None


def transcripts_of(value: Any) -> list[Transcript]:
    """Return the transcripts of a call response, a stream, a session, a cassette, or a list of such.

    Raises `ConfigurationError` for anything else.
    """
    match value:
        case BaseStructuredStream():
            return [_of_stream(value.stream)]
        case BaseStream():
            return [_of_stream(value)]
        case BaseCallResponse():
            return [_of_response(value)]
        case list() | tuple():
            return [one for item in value for one in transcripts_of(item)]
        case _ if hasattr(value, "interactions"):
            return _of_interactions(value.interactions)
        case _ if hasattr(value, "request") and hasattr(value, "ends"):
            return _of_interactions([value])
    raise ConfigurationError(
        f"A {type(value).__qualname__} has no transcript\n"
        "  take a call response, a stream, the session of a cassette, a Cassette, or a list of such"
    )


def _of_stream(stream: BaseStream[Any, Any, Any]) -> Transcript:
    failure = stream.error
    code, raw = getattr(failure, "code", None), getattr(failure, "raw", None)
    error = None if failure is None else (code, str(failure).partition("\n")[0])
    metadata, cost = stream.priced
    return Transcript(
        provider=stream.provider,
        request=stream.call_kwargs,
        streamed=True,
        answer=stream.answer,
        status=stream.status,
        error=error if raw or stream.status != "complete" else None,
        cost_metadata=metadata,
        cost=cost,
        request_id=stream.request_id,
    )


def _of_response(response: BaseCallResponse[Any, Any]) -> Transcript:
    metadata, cost = response.priced
    return Transcript(
        provider=response.provider,
        request=response.call_kwargs,
        streamed=response.streamed,
        answer=response.answer,
        status=response.status,
        cost_metadata=metadata,
        cost=cost,
        request_id=response.request_id,
    )


def _of_interactions(interactions: Iterable[Interaction]) -> list[Transcript]:
    return [_of_interaction(one) for one in interactions]


def _of_interaction(one: Interaction) -> Transcript:
    reading, request = read_answer(one), request_of(one) or {}
    http_status = one.head.status if one.head is not None else None
    if reading is None:
        failed = one.ending is not None and one.ending.failure is not None
        return Transcript(
            None,
            request,
            False,
            None,
            "error" if failed else "complete",
            http_status=http_status,
            exchange=one,  # noqa: FBT003 - by position as declared
        )
    provider = provider_of(one.request.url, reading.dialect)
    metadata, cost = cost_of_answer(
        provider, reading.answer, request, streamed=reading.streamed, at=asked_at(one), url=one.request.url
    )
    error = reading.error
    return Transcript(
        provider=provider,
        request=request,
        streamed=reading.streamed,
        answer=reading.answer,
        status=reading.status,
        error=None if error is None else (error.code, error.message),
        cost_metadata=metadata,
        # What an answer that is not whole costs, nobody told.
        cost=cost if reading.status == "complete" else None,
        http_status=http_status,
        exchange=one,
    )
