"""In what two call responses differ, as lines for a failing `assert`."""

from __future__ import annotations

import json
from difflib import unified_diff
from typing import Any

from chunktape.calls.response import BaseCallResponse
from chunktape.calls.transcript import transcripts_of
from chunktape.calls.transcript_text import transcript_text

__all__ = ["difference_lines"]

_MOST_LINES = 60
_AROUND = 1
_HEAD = 3


def difference_lines(left: object, right: object) -> list[str] | None:
    """Return the lines, the first one a summary; None where these are no two responses."""
    if not isinstance(left, BaseCallResponse) or not isinstance(right, BaseCallResponse):
        return None
    if type(left) is not type(right):
        return [f"{type(left).__name__} == {type(right).__name__}", "they are answers of two kinds"]
    # First what a person reads; then with ids and the like; at last what no person reads.
    told = (
        _changed(*(_text(one, exact=False) for one in (left, right)))
        or _changed(*(_text(one, exact=True) for one in (left, right)))
        or _changed(_plain(left), _plain(right))
    )
    more = [f"… and {len(told) - _MOST_LINES} more lines"] if len(told) > _MOST_LINES else []
    return [f"{type(left).__name__} == {type(right).__name__} (- left, + right)", *told[:_MOST_LINES], *more]


def _text(response: BaseCallResponse[Any, Any], *, exact: bool) -> list[str]:
    return transcript_text(transcripts_of(response), exact=exact).split("\n")


def _changed(left: list[str], right: list[str]) -> list[str]:
    lines = list(unified_diff(left, right, n=_AROUND, lineterm=""))[_HEAD:]
    return ["…" if line.startswith("@@") else line for line in lines]


def _plain(response: BaseCallResponse[Any, Any]) -> list[str]:
    return json.dumps(response.compared(), indent=2, ensure_ascii=False, sort_keys=True).split("\n")
