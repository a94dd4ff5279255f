"""JSON of another shape than a protocol says."""

from __future__ import annotations

from hypothesis import strategies as st

ODD = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        10**30,
        "",
        "x",
        "text",
        [],
        {},
        [1],
        [None],
        [{}],
        [["a"]],
        {"type": ["a"]},
        {"a": 1},
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
