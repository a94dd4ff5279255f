"""`Card`: what a list says of one interaction, each fact read when somebody asks for it.

Most lists need few of them: what is filtered by its age is not decoded. How they are written is the
business of whoever prints them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from chunktape.calls.exchange_answer import asked_at, read_answer, request_of
from chunktape.cli.fact import FIRST_ERROR_STATUS, count_events, trouble
from chunktape.dialects.detect import common_reason_for, dialect_of

if TYPE_CHECKING:
    from chunktape.calls.price import Cost
    from chunktape.dialects.detect import Reading
    from chunktape.tape.interaction import Interaction

__all__ = ["Card", "Trouble"]

_MICROSECONDS = 1_000_000


class Trouble(NamedTuple):
    """What went wrong: ``failed`` (no whole reply came), ``error`` (one was sent), ``cut`` (no end came)."""

    kind: str
    detail: str


class Card:
    """One interaction of a cassette, which has a number from 0; ages count back from `now`.

    Whatever the recording does not know is None, and so is a cost that nobody knows.
    """

    def __init__(self, cassette: str, index: int, interaction: Interaction, *, now: datetime) -> None:
        self.cassette = cassette
        self.index = index
        self.interaction = interaction
        self._now = now

    @property
    def test(self) -> str | None:
        """The node id of the test that recorded it."""
        return self.interaction.recorded_by

    @cached_property
    def host(self) -> str | None:
        """The host that was asked, in lower case."""
        try:
            return (urlsplit(self.interaction.request.url or "").hostname or "").lower() or None
        except ValueError:
            return None

    @cached_property
    def provider(self) -> str | None:
        """Whom the host belongs to."""
        from chunktape.calls.cost_provider import provider_of

        url = self.interaction.request.url
        return provider_of(url, dialect_of(self.interaction.body) if url is None else None)

    @cached_property
    def reading(self) -> Reading | None:
        """What a model answered; None where no model was asked."""
        return read_answer(self.interaction)

    @cached_property
    def model(self) -> str | None:
        """The model that answered, else the one that was asked."""
        answered = None if self.reading is None else self.reading.answer.model
        if answered:
            return answered
        asked = (request_of(self.interaction) or {}).get("model")
        return asked if isinstance(asked, str) and asked else None

    @cached_property
    def recorded_at(self) -> datetime | None:
        """When it was recorded, else when the provider says that it answered."""
        at = asked_at(self.interaction)
        return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at

    @property
    def age(self) -> timedelta | None:
        """How long ago that was."""
        return None if self.recorded_at is None else self._now - self.recorded_at

    @property
    def status(self) -> int | None:
        """The status of the reply."""
        return None if self.interaction.head is None else self.interaction.head.status

    @property
    def ending(self) -> str | None:
        """How the transport ended."""
        return None if self.interaction.ending is None else self.interaction.ending.kind

    @property
    def size(self) -> int:
        """The bytes of the reply's body, decoded."""
        return len(self.interaction.body)

    @property
    def chunks(self) -> int | None:
        """The pieces that it came in."""
        return len(self.interaction.ends) if self.interaction.framed else None

    @cached_property
    def events(self) -> int:
        """The events that carry data; 0 for what is no stream."""
        return count_events(self.interaction)

    @property
    def first_chunk(self) -> float | None:
        """The seconds from the request to the first chunk."""
        timing = self.interaction.timing
        return timing.at[0] / _MICROSECONDS if timing is not None and timing.at else None

    @property
    def duration(self) -> float | None:
        """The seconds from the request to the end."""
        timing = self.interaction.timing
        if timing is None:
            return None
        end = timing.end if timing.end is not None else max(timing.at, default=None)
        return None if end is None else end / _MICROSECONDS

    @property
    def input_tokens(self) -> int | None:
        """The tokens that were sent, in the provider's count."""
        usage = None if self.reading is None else self.reading.answer.usage
        return None if usage is None else usage.input_tokens

    @property
    def output_tokens(self) -> int | None:
        """The tokens that came, in the provider's count."""
        usage = None if self.reading is None else self.reading.answer.usage
        return None if usage is None else usage.output_tokens

    @property
    def finish_reasons(self) -> tuple[str, ...]:
        """The provider's words for why it stopped, each once."""
        choices = () if self.reading is None else self.reading.answer.choices
        return tuple(dict.fromkeys(one.finish_reason for one in choices if one.finish_reason))

    @property
    def common_reasons(self) -> tuple[str, ...]:
        """The common words for the same, of those that have one."""
        if self.reading is None:
            return ()
        found = (common_reason_for(self.reading.dialect, one) for one in self.reading.answer.choices)
        return tuple(dict.fromkeys(one for one in found if one is not None))

    @property
    def is_charged(self) -> bool:
        """Whether a model answered, so that somebody was charged for it; a refused request is none."""
        return self.reading is not None and (self.status or 0) < FIRST_ERROR_STATUS

    @property
    def cost(self) -> Cost | None:
        """What it cost by the prices at the time of the recording."""
        return self._costs[0]

    @property
    def cost_again(self) -> Cost | None:
        """What the same tokens cost by the prices of today."""
        return self._costs[1]

    @cached_property
    def trouble(self) -> Trouble | None:
        """What went wrong with the transport or with the answer."""
        one = self.interaction
        if one.head is None or (one.ending is not None and one.ending.failure is not None):
            return Trouble("failed", trouble(one) or "no reply")
        if one.head.status is not None and one.head.status >= FIRST_ERROR_STATUS:
            return Trouble("error", str(one.head.status))
        if self.reading is not None and self.reading.status == "error":
            code = None if self.reading.error is None else self.reading.error.code
            return Trouble("error", str(code or "in the stream"))
        if self.reading is not None and self.reading.status == "complete":
            return None
        cut = trouble(one)
        if cut is None and self.reading is not None and self.reading.status == "interrupted":
            cut = "the answer is not whole"
        return None if cut is None else Trouble("cut", cut)

    @cached_property
    def _costs(self) -> tuple[Cost | None, Cost | None]:
        # An answer that is not whole costs nobody knows what.
        if self.reading is None or self.reading.status != "complete":
            return None, None
        # It brings pydantic along.
        from chunktape.calls.cost import costs_of_answer

        _, (then, again) = costs_of_answer(
            self.provider,
            self.reading.answer,
            request_of(self.interaction),
            streamed=self.reading.streamed,
            times=(self.recorded_at, self._now),
        )
        return then, again
