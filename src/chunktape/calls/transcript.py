"""`Transcript`: one exchange as a person reads it, gathered from whatever holds it.

What it says is redacted as a tape is, so that a live call, its recording and its replay are told in
the same words. What is left out of it and how it is written down is decided in `transcript_text`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chunktape.calls.cost import cost_of_answer, provider_of
from chunktape.calls.exchange_answer import asked_at, read_answer, request_of
from chunktape.calls.response import BaseCallResponse
from chunktape.calls.stream import BaseStream
from chunktape.calls.structured import BaseStructuredStream
from chunktape.calls.transcript_failure import failure_of, status_of
from chunktape.calls.transcript_flow import flow_of_exchange, flow_of_stream
from chunktape.calls.transcript_redaction import Told, current_redaction, redacted, sent_of
from chunktape.dialects.detect import answer_for, is_event_stream
from chunktape.errors import ConfigurationError, ProviderStreamError, shorten
from chunktape.tape.interaction import Interaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chunktape.calls.cost import Cost
    from chunktape.calls.cost_metadata import CostMetadata
    from chunktape.calls.transcript_flow import Flow
    from chunktape.dialects.answer import Answer
    from chunktape.tape.redaction import Redaction

__all__ = ["Transcript", "require_transcript", "transcripts_of"]


@dataclass(frozen=True)
class Transcript:
    """What a snapshot shows of one exchange.

    `request` is the JSON that was sent, `answer` None where no model was asked. `error` is the
    provider's, code and message in its own words; `exchange` the recording, where it is told of one.
    `flow` gives how it came, event by event and chunk by chunk, where that is known.
    """

    status: str
    request: Mapping[str, Any] = field(default_factory=dict)
    provider: str | None = None
    url: str | None = None
    streamed: bool = False
    answer: Answer | None = None
    error: tuple[str | None, str] | None = None
    cost_metadata: CostMetadata | None = None
    cost: Cost | None = None
    http_status: int | None = None
    ending: str | None = None
    exchange: Interaction | None = None
    request_id: str | None = None
    flow: Flow | None = field(default=None, compare=False)


def transcripts_of(value: Any) -> list[Transcript]:
    """Return the transcripts of a call response, a stream, a session, a cassette, or a list of such.

    Raises `ConfigurationError` for anything else.
    """
    require_transcript(value)
    match value:
        case BaseStructuredStream():
            return [_of_stream(value.stream)]
        case BaseStream():
            return [_of_stream(value)]
        case BaseCallResponse():
            return [_of_response(value)]
        case list() | tuple():
            return [one for item in value for one in transcripts_of(item)]
        case Interaction():
            return _of_interactions([value])
    return _of_interactions(value.interactions)


def require_transcript(value: Any) -> None:
    """Raise `ConfigurationError` for what has no transcript."""
    match value:
        case BaseStructuredStream() | BaseStream() | BaseCallResponse() | Interaction():
            return
        case list() | tuple():
            for one in value:
                require_transcript(one)
            return
        case _ if hasattr(value, "interactions"):
            return
    raise ConfigurationError(
        f"There is no transcript of this: {shorten(repr(value))} ({type(value).__qualname__})\n"
        "  take a call response, a stream, the session of a cassette, a Cassette, or a list of such"
    )


def _of_stream(stream: BaseStream[Any, Any, Any]) -> Transcript:
    failure = stream.error
    metadata, cost = stream.priced
    head = stream._head  # noqa: SLF001 - of the same room; where it was sent is no news to most callers
    return _redacted(
        Transcript(
            status=stream.status,
            request=sent_of(stream.call_kwargs),
            provider=provider_of(head.url) if head.url else None,
            url=head.url,
            streamed=True,
            answer=stream.answer,
            error=failure_of(failure),
            cost_metadata=metadata,
            cost=cost if stream.status == "complete" else None,
            http_status=status_of(failure),
            ending=_ending(stream.status, failure),
            request_id=stream.request_id,
            flow=flow_of_stream(stream._reading),  # noqa: SLF001 - of the same room
        ),
        stream.provider,
    )


def _of_response(response: BaseCallResponse[Any, Any]) -> Transcript:
    metadata, cost = response.priced
    return _redacted(
        Transcript(
            status=response.status,
            request=sent_of(response.call_kwargs),
            provider=provider_of(response.url) if response.url else None,
            url=response.url,
            streamed=response.streamed,
            answer=response.answer,
            cost_metadata=metadata,
            cost=cost if response.status == "complete" else None,
            ending=_ending(response.status, None),
            request_id=response.request_id,
        ),
        response.provider,
    )


def _redacted(one: Transcript, provider: str) -> Transcript:
    answer, code, message = one.answer, *(one.error or (None, ""))
    body = {} if answer is None else answer.body
    told = redacted(Told(one.request, body, message), url=one.url)
    return replace(
        one,
        request=told.request,
        provider=one.provider or provider,
        answer=answer and answer_for(answer.dialect, told.body),  # type: ignore[arg-type]  # it is one
        error=one.error and (code, told.message),
    )


def _ending(status: str, failure: BaseException | None) -> str | None:
    """Return how the transport ended as far as its reader knows; None where it does not."""
    if status == "complete" or isinstance(failure, ProviderStreamError) or status_of(failure) is not None:
        return "clean"
    return None if failure is None or failure.__cause__ is None else "error"


def _of_interactions(interactions: Iterable[Interaction]) -> list[Transcript]:
    redaction = current_redaction()
    return [_of_interaction(one, redaction) for one in interactions]


def _of_interaction(recorded: Interaction, redaction: Redaction) -> Transcript:
    # What others have recorded may not be redacted yet.
    one = redaction.interaction(recorded)
    reading, request = read_answer(one), request_of(one) or {}
    http_status = one.head.status if one.head is not None else None
    if reading is None:
        failed = one.ending is not None and one.ending.failure is not None
        status = "error" if failed else "complete"
        flow = flow_of_exchange(one, streamed=is_event_stream(one.body))
        return Transcript(
            status, request, url=one.request.url, http_status=http_status, exchange=one, flow=flow
        )
    provider = provider_of(one.request.url, reading.dialect)
    metadata, cost = cost_of_answer(
        provider, reading.answer, request, streamed=reading.streamed, at=asked_at(one), url=one.request.url
    )
    error = reading.error
    return Transcript(
        status=reading.status,
        request=request,
        provider=provider,
        url=one.request.url,
        # An error comes at once, whatever was asked for.
        streamed=reading.streamed or request.get("stream") is True,
        answer=reading.answer,
        error=None if error is None else (error.code, error.message),
        cost_metadata=metadata,
        # What an answer that is not whole costs, nobody told.
        cost=cost if reading.status == "complete" else None,
        http_status=http_status,
        exchange=one,
        flow=flow_of_exchange(one, streamed=is_event_stream(one.body)),
    )
