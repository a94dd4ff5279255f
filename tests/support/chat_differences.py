"""What openai's own accumulator makes of a stream, and in what it differs from ours, all in one place."""

from __future__ import annotations

import json

DIFFERENCES = {
    "choices.message.tool_calls.index": "openai leaves the index in, which only deltas have",
    "choices.content_filter_results": "openai keeps those of the first event, ours are of all events",
}
"""Where the two differ on first-party streams, and why ours is what comes without streaming."""

OF_THE_FIRST_EVENT = ("id", "created", "model")
"""openai keeps these of the first event, where Azure sends them empty."""

SIBLING_DIFFERENCES = {
    "choices.message.annotations": "OpenAI and Azure send an empty list at once, and no event of it",
    "choices.content_filter_results": "which filters looked at it depends on the text",
}
"""What a body that came at once has, and the stream of the same question has not, or the reverse."""


def without(body, paths):
    """Return a body without some fields; a path passes through lists."""
    for path in paths:
        name, _, rest = path.partition(".")
        if isinstance(body, list):
            body = [without(one, [path]) for one in body]
        elif isinstance(body, dict) and name in body:
            kept = {name: without(body[name], [rest])} if rest else {}
            body = {key: kept.get(key, one) for key, one in body.items() if rest or key != name}
    return body


def accumulated(datas):
    """Return the body that openai's accumulator makes of these events."""
    from openai.lib.streaming.chat import ChatCompletionStreamState
    from openai.types.chat import ChatCompletionChunk

    state = ChatCompletionStreamState()
    for data in datas:
        state.handle_chunk(ChatCompletionChunk.construct(**json.loads(data)))
    return state.current_completion_snapshot.model_dump(mode="json", warnings=False)


def comparable(ours, theirs, differences=DIFFERENCES):
    """Return both bodies without what must differ, and without nulls: openai fills in unsent fields."""
    empty = [name for name in OF_THE_FIRST_EVENT if not theirs.get(name)]
    ours, theirs = (_without_nulls(without(one, [*differences, *empty])) for one in (ours, theirs))
    return ours, theirs | {"object": ours["object"]}


def _without_nulls(value):
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def shape_of(value):
    """Return the names and types of an object, all the way down, without what null leaves open."""
    if isinstance(value, dict):
        return {name: shape_of(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [shape_of(value[0])] if value else []
    return type(value).__name__
