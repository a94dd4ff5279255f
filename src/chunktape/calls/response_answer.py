"""`AnsweredBody`: what the JSON object says that a provider answered with."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, PlainSerializer, computed_field

from chunktape.calls.usage import FinishReason, Usage, usage_of
from chunktape.calls.written import written
from chunktape.dialects.answer import Answer  # noqa: TC001 - pydantic reads the annotation
from chunktape.dialects.detect import Dialect, answer_for, common_reason_for

__all__ = ["AnsweredBody"]


class AnsweredBody(BaseModel):
    """One answer, read from `body`."""

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="ignore")

    dialect: ClassVar[Dialect]

    body: Annotated[dict[str, Any], PlainSerializer(written, when_used="json")]

    @cached_property
    def answer(self) -> Answer:
        """What the model answered, in the words of all providers."""
        return answer_for(self.dialect, self.body)

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def content(self) -> str:
        """The text of the first choice, ``""`` where there is none."""
        return self.answer.text or ""

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def finish_reasons(self) -> list[Any] | None:
        """The reasons to end of all choices, in the provider's words; None where there is none."""
        return self.answer.finish_reasons

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def common_finish_reasons(self) -> list[FinishReason] | None:
        """The reasons in the common words, as far as they are known; None where none is."""
        known = [common_reason_for(self.dialect, choice) for choice in self.answer.choices]
        return [one for one in known if one is not None] or None

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def model(self) -> str | None:
        """The model that answered."""
        return self.answer.model

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def id(self) -> str | None:
        """The id of the response."""
        return self.answer.id

    @property
    def usage(self) -> Any:
        """The SDK's own object for the token counts, or None."""
        counts = self.answer.usage
        return None if counts is None else self.build_usage(counts.raw)

    @property
    def common_usage(self) -> Usage | None:
        """The token counts in the common words."""
        counts = self.answer.usage
        return None if counts is None else usage_of(counts)

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def input_tokens(self) -> int | None:
        """The tokens of the request, as the provider counts them."""
        counts = self.answer.usage
        return None if counts is None else counts.input_tokens

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def cached_tokens(self) -> int | None:
        """The tokens of the request that were read from a cache."""
        counts = self.answer.usage
        return None if counts is None else counts.cached_tokens

    @computed_field  # type: ignore[prop-decorator]  # mypy#14461
    @property
    def output_tokens(self) -> int | None:
        """The tokens of the answer."""
        counts = self.answer.usage
        return None if counts is None else counts.output_tokens

    @classmethod
    def build_usage(cls, raw: dict[str, Any]) -> Any:
        """Return the SDK's own object for token counts; provider classes do."""
        return raw
