"""Why an answer is none of the type that was asked for: one sentence for each reason, with the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import ValidationError

from chunktape.calls.extraction_problem import problems
from chunktape.calls.extraction_span import is_cut, next_start
from chunktape.errors import shorten

if TYPE_CHECKING:
    from chunktape.calls.extraction_target import Target

__all__ = ["Stop", "explain"]


class Stop(NamedTuple):
    """What ended an answer before the model was done with it; `said` are the words of a refusal."""

    kind: Literal["refusal", "content_filter", "length"]
    said: str = ""


def explain(target: Target, text: str, cause: Exception | None, stop: Stop | None) -> str:
    """Return why a text holds no answer; `cause` is what is wrong with the one that it holds, if it does."""
    shown = shorten(text)
    if cause is not None:
        reason = problems(cause) if isinstance(cause, ValidationError) else f"{type(cause).__name__}: {cause}"
        return (
            f"The answer does not fit the response model {target.name}: {reason}, in {shown!r}; "
            "describe the fields, give them defaults, or ask again"
        )
    if stop is not None and stop.kind != "length":
        return _explain_stop(target, shown, stop)
    start = next_start(text, 0, target.brackets)
    if stop is not None or (start is not None and is_cut(text, start)):
        return (
            f"The answer breaks off before the response model {target.name} is complete, in {shown!r}; "
            "raise max_tokens, or ask for less"
        )
    if not text:
        return (
            f"The answer says nothing for the response model {target.name}; "
            "see what else the response holds, and ask again"
        )
    return (
        f"The answer holds no JSON for the response model {target.name}, but {shown!r}; "
        "the model may have refused: read the answer, and ask again"
    )


def _explain_stop(target: Target, shown: str, stop: Stop) -> str:
    if stop.kind == "content_filter":
        return (
            f"A content filter stopped the answer before the response model {target.name} was complete, "
            f"in {shown!r}; ask for something else, or change the filter"
        )
    words = f": {shorten(stop.said)!r}" if stop.said else ", without a word"
    return (
        f"The model refused to answer as the response model {target.name}{words}; "
        "ask in other words, or for something else"
    )
