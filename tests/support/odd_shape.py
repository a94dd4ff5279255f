"""JSON of another shape than a protocol says."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import strategies as st

# As deep as Python reads by a hair, and as many digits as it does.
DEEP = json.loads("[" * 900 + "]" * 900)
HUGE = 10**4300 - 1
ODD = st.sampled_from(
    [
        *(None, True, 0, -1, 1.5, 10**30, 10**400, HUGE, -HUGE, float("nan"), float("inf"), DEEP),
        *("", "x", "0", "text", "\ud800", [], {}, [1], [None], [{}], [["a"]]),
        *({"type": ["a"]}, {"a": 1}, {"type": "text"}, {"type": 1, "index": {}}, {"\ud800": 1}),
    ]
)


def places(value, place=()):
    """Yield the path of each part of a JSON value."""
    yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from places(one, (*place, name))


def with_other(value, place, other):
    """Return a JSON value with another part in one place."""
    if not place:
        return other
    found = value.copy()
    found[place[0]] = with_other(value[place[0]], place[1:], other)
    return found


def oddly(data, value):
    """Return a value with another part somewhere, as `data` draws it."""
    return with_other(value, data.draw(st.sampled_from(list(places(value)))), data.draw(ODD))


def asked_oddly(data, one):
    """Return a recording whose request has another part somewhere."""
    asked = json.dumps(oddly(data, json.loads(one.request.body or b"{}"))).encode()
    return replace(one, request=replace(one.request, body=asked))
