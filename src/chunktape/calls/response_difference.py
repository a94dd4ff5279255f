"""In what two call responses differ, as lines for a failing `assert`."""

from __future__ import annotations

import json
from difflib import ndiff
from typing import Any

from chunktape.calls.response import BaseCallResponse
from chunktape.calls.transcript import transcripts_of
from chunktape.calls.transcript_text import transcript_text

__all__ = ["difference_lines"]

_MOST_LINES = 60


def difference_lines(left: object, right: object) -> list[str] | None:
    """Return the lines, the first one a summary; None where these are no two responses."""
    if not isinstance(left, BaseCallResponse) or not isinstance(right, BaseCallResponse):
        return None
    if type(left) is not type(right):
        return [f"{type(left).__name__} == {type(right).__name__}", "they are answers of two kinds"]
    texts = [transcript_text(transcripts_of(one), exact=True).splitlines() for one in (left, right)]
    told = _changed(*texts)
    if not told:
        # What no person reads differs: show it as it is.
        told = _changed(*[_plain(one) for one in (left, right)])
    more = [f"… and {len(told) - _MOST_LINES} more lines"] if len(told) > _MOST_LINES else []
    return ["two call responses (- left, + right)", *told[:_MOST_LINES], *more]


def _changed(left: list[str], right: list[str]) -> list[str]:
    return [line for line in ndiff(left, right) if line[:1] in {"-", "+"}]


def _plain(response: BaseCallResponse[Any, Any]) -> list[str]:
    return json.dumps(response.compared(), indent=2, ensure_ascii=False, sort_keys=True).splitlines()
