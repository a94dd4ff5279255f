"""`assert_stream_matches_response`: what came as a stream is what comes at once, and where it cannot be.

The differences that lie in the protocols, not in an answer, stand in `DIFFERENCES` and nowhere else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from chunktape.calls.response import BaseCallResponse
from chunktape.calls.stream import BaseStream
from chunktape.errors import ConfigurationError, shorten

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from chunktape.dialects.detect import Dialect

__all__ = ["DIFFERENCES", "ProtocolDifference", "assert_stream_matches_response"]

_MOST_PLACES = 20
_SHOWN_BEFORE = 40
# What tells one kind of thing from another; the rest of the text in an answer is the model's.
_KINDS = frozenset({"type", "role", "object"})


class ProtocolDifference(NamedTuple):
    """One place where a stream and an answer that came at once may differ though they say the same.

    `path` passes through lists by ``[]``; ``**`` is every place. What is not compared there:
    everything (``all``), whether there is an empty value or none (``empty``), whether the stream has
    it (``unstreamed``), or the shape of two answers (``shape``). `source` is where that is written
    down or was seen.
    """

    dialect: Dialect | None
    path: str
    uncompared: Literal["all", "empty", "unstreamed", "shape"]
    why: str
    source: str


_AZURE_FILTER = "https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-streaming"
_PARSED = "openai/types/chat/parsed_chat_completion.py"

DIFFERENCES: tuple[ProtocolDifference, ...] = (
    ProtocolDifference(
        None,
        "**",
        "empty",
        "a field without a value is null at once, and in no event; objects of the SDKs hold null for it",
        "https://platform.openai.com/docs/api-reference/chat/object",
    ),
    ProtocolDifference(
        "chat_completions",
        "choices[].message.content",
        "empty",
        "a stream opens with an empty text, whether words follow or only a call does",
        "https://platform.openai.com/docs/api-reference/chat-streaming/streaming",
    ),
    ProtocolDifference(
        "chat_completions",
        "choices[].message.annotations",
        "empty",
        "an empty list at once, and no event of it",
        "OpenAI and Azure, recorded 2026-01-22",
    ),
    ProtocolDifference(
        "chat_completions",
        "choices[].message.tool_calls[].index",
        "all",
        "only deltas are numbered; openai's own accumulator leaves the number in",
        "openai/lib/streaming/chat/_completions.py",
    ),
    ProtocolDifference(
        "chat_completions",
        "choices[].message.parsed",
        "all",
        "what openai's SDK makes of the text; no answer holds it",
        _PARSED,
    ),
    ProtocolDifference(
        "chat_completions",
        "choices[].message.tool_calls[].function.parsed_arguments",
        "all",
        "what openai's SDK makes of the arguments; no answer holds it",
        _PARSED,
    ),
    ProtocolDifference(
        "chat_completions",
        "choices[].content_filter_results",
        "all",
        "Azure filters a stream piece by piece, and a text that goes out at once as a whole",
        _AZURE_FILTER,
    ),
    ProtocolDifference(
        "chat_completions",
        "choices[].content_filter_offsets",
        "all",
        "how far Azure's filter has come, which only streams have",
        _AZURE_FILTER,
    ),
    ProtocolDifference(
        "chat_completions",
        "usage",
        "unstreamed",
        "a stream tells it only where `stream_options` ask for it",
        "https://platform.openai.com/docs/api-reference/chat/create",
    ),
    ProtocolDifference(
        "messages",
        "content[].input",
        "shape",
        "the arguments are the model's: another call may leave some out",
        "https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview",
    ),
    ProtocolDifference(
        "messages",
        "amazon-bedrock-invocationMetrics",
        "all",
        "Bedrock adds it to the last event of a stream, and tells it in headers otherwise",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html",
    ),
)
"""All differences that the protocols cause themselves."""


class _Absent:
    """Stands where one side has nothing."""


_ABSENT = _Absent()


class _Place(NamedTuple):
    path: str
    left: Any
    right: Any


class _Comparison(NamedTuple):
    """What to leave out; and, for a shape, that every leaf is the name of a type."""

    differences: tuple[ProtocolDifference, ...]
    ignored: frozenset[str]
    shape_only: bool

    def places(self, left: Any, right: Any, path: str = "") -> Iterator[_Place]:
        """Yield where two JSON values differ, the outermost place of each difference."""
        left, right = self._known(left, right, _generic(path))
        if left is right:
            return
        if isinstance(left, dict) and isinstance(right, dict):
            for name in [*left, *(name for name in right if name not in left)]:
                inner = f"{path}.{name}" if path and not name.startswith("[") else f"{path}{name}"
                yield from self.places(left.get(name, _ABSENT), right.get(name, _ABSENT), inner)
        elif isinstance(left, list) and isinstance(right, list):
            for number in range(max(len(left), len(right))):
                yield from self.places(_item(left, number), _item(right, number), f"{path}[{number}]")
        elif left != right or isinstance(left, bool) is not isinstance(right, bool):
            yield _Place(path, left, right)

    def _known(self, left: Any, right: Any, path: str) -> tuple[Any, Any]:
        """Return both values as they are to be compared here."""
        if path in self.ignored:
            return _ABSENT, _ABSENT
        for one in self.differences:
            if one.path not in {path, "**"}:
                continue
            if one.uncompared == "all" or (one.uncompared == "shape" and self.shape_only):
                return _ABSENT, _ABSENT
            if one.uncompared == "empty":
                empty = None if one.path == "**" else ("", [], {})
                left, right = (_ABSENT if _is_one(value, empty) else value for value in (left, right))
            elif one.uncompared == "unstreamed" and left in (None, _ABSENT):
                return _ABSENT, _ABSENT
        return left, right


def assert_stream_matches_response(
    stream: BaseStream[Any, Any, Any] | BaseCallResponse[Any, Any],
    response: Any,
    *,
    shape_only: bool = False,
    ignore: Collection[str] = (),
) -> None:
    """Raise `AssertionError` with the places that differ, unless a stream says what a response says.

    Both are answers of one provider: a stream that was read to its end (or its call response), and
    a call response that came at once (or the SDK's own object, or its body). They are compared as
    the JSON objects that they are, so nothing is overlooked, up to what `DIFFERENCES` lists: what the
    protocols do not tell alike though the answer is the same.

    Two runs answer in other words, under other ids. With `shape_only` they match where they have the
    same fields with the same types, and the same kinds of blocks, however many of each there are.
    `ignore` holds paths, as the error shows them; in these, ``[]`` stands for any place in a list.
    """
    __tracebackhide__ = True
    streamed = stream.construct_call_response() if isinstance(stream, BaseStream) else stream
    if not isinstance(streamed, BaseCallResponse):
        raise _no_answer(streamed, "a stream or its call response")
    told = _Comparison(
        tuple(one for one in DIFFERENCES if one.dialect in {None, streamed.dialect}),
        frozenset(_generic(path) for path in ([ignore] if isinstance(ignore, str) else ignore)),
        shape_only,
    )
    left, right = streamed.body, _body_of(response, streamed)
    if shape_only:
        left, right = _shape_of([left]), _shape_of([right])
    lines = [line for place in told.places(left, right) for line in _lines(place, shape_only=shape_only)]
    if streamed.status != "complete":
        lines.insert(0, f"  the stream is not whole: its status is {streamed.status!r}")
    if lines:
        raise AssertionError(_message(lines, shape_only=shape_only))


def _body_of(response: Any, streamed: BaseCallResponse[Any, Any]) -> dict[str, Any]:
    if isinstance(response, BaseStream):
        response = response.construct_call_response()
    if not isinstance(response, BaseCallResponse):
        try:
            return streamed.dump_response(response)
        except (AttributeError, TypeError):
            raise _no_answer(response, "a call response, or the object of the provider's SDK") from None
    if response.dialect != streamed.dialect:
        raise ConfigurationError(
            f"The two speak different dialects: {streamed.dialect} and {response.dialect}\n"
            "  compare a stream with a response of the same provider"
        )
    return response.body


def _no_answer(value: Any, wanted: str) -> ConfigurationError:
    return ConfigurationError(f"A {type(value).__qualname__} is no answer\n  give {wanted}")


def _generic(path: str) -> str:
    """Return a path without the numbers or the kinds in its brackets."""
    return re.sub(r"\[[^]]*\]", "[]", path)


def _item(values: list[Any], number: int) -> Any:
    return values[number] if number < len(values) else _ABSENT


def _is_one(value: Any, empty: tuple[Any, ...] | None) -> bool:
    return value is None or (empty is not None and value in empty)


def _shape_of(values: list[Any]) -> Any:
    """Return what stands at one place: fields, or the kinds of items, or the name of a type."""
    values = [one for one in values if one is not None]
    if values and all(isinstance(one, dict) for one in values):
        names = dict.fromkeys(name for one in values for name in one)
        found = {name: _kind_or_shape(name, [one[name] for one in values if name in one]) for name in names}
        return {name: shape for name, shape in found.items() if shape is not None}
    if values and all(isinstance(one, list) for one in values):
        kinds: dict[str, list[Any]] = {}
        for item in (item for one in values for item in one):
            kinds.setdefault(f"[{_kind_of(item)}]", []).append(item)
        return {kind: _shape_of(items) for kind, items in kinds.items()}
    return " or ".join(sorted({_type_of(one) for one in values})) or None


def _kind_or_shape(name: str, values: list[Any]) -> Any:
    kinds = {one for one in values if isinstance(one, str)}
    return repr(min(kinds)) if name in _KINDS and len(kinds) == 1 else _shape_of(values)


def _kind_of(item: Any) -> str:
    kind = item.get("type") if isinstance(item, dict) else None
    return kind if isinstance(kind, str) else ""


def _type_of(value: Any) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
    return "an object"


def _lines(place: _Place, *, shape_only: bool) -> Iterator[str]:
    path, left, right = place
    if left is _ABSENT or right is _ABSENT:
        side, value = ("stream", left) if right is _ABSENT else ("response", right)
        yield f"  {path}: only in the {side}: {_shown(value, shape_only=shape_only)}"
        return
    if isinstance(left, str) and isinstance(right, str) and not shape_only:
        left, right = _from_where_they_differ(left, right)
    yield f"  {path}"
    yield f"    stream:   {_shown(left, shape_only=shape_only)}"
    yield f"    response: {_shown(right, shape_only=shape_only)}"


def _shown(value: Any, *, shape_only: bool) -> str:
    if shape_only:
        return value if isinstance(value, str) else ", ".join(value) or "nothing in it"
    return shorten(repr(value))


def _from_where_they_differ(left: str, right: str) -> tuple[str, str]:
    """Return two texts without most of what they begin with in common."""
    common = next(
        (number for number, (one, other) in enumerate(zip(left, right, strict=False)) if one != other),
        min(len(left), len(right)),
    )
    start = common - _SHOWN_BEFORE
    return (left, right) if start <= 0 else (f"…{left[start:]}", f"…{right[start:]}")


def _message(lines: list[str], *, shape_only: bool) -> str:
    most = 3 * _MOST_PLACES
    more = [f"  … and {len(lines) - most} more lines"] if len(lines) > most else []
    head = (
        "The answer rebuilt from the stream has another shape than the response"
        if shape_only
        else "The answer rebuilt from the stream is not the response"
    )
    hint = (
        "  `ignore` takes paths that this host does not tell alike"
        if shape_only
        else "  of two runs compare shape_only=True; `ignore` takes paths that this host does not tell alike"
    )
    return "\n".join([head, *lines[:most], *more, hint])
