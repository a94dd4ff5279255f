"""Prompt functions for tests, and what a call decorator does with them: call, await, ask what is meant."""

from __future__ import annotations

import inspect

from chunktape.calls.message import Messages
from chunktape.calls.prompt import original_of, prompted

TEMPLATE = "SYSTEM: You know {subject} books. USER: Recommend a {genre} book"
FANTASY = [Messages.System("You know good books."), Messages.User("Recommend a fantasy book")]
HISTORY = [{"role": "user", "content": "{genre}"}]


def recommending(returned, *, awaited):
    """Return a prompt function, sync or async, that returns what it is told to."""

    def recommend(genre, *, subject="good", **more):  # noqa: ARG001 - templates read them
        """Recommend a book."""
        return returned

    async def recommend_later(genre, *, subject="good", **more):  # noqa: ARG001 - templates read them
        """Recommend a book."""
        return returned

    recommend_later.__name__ = "recommend"
    return recommend_later if awaited else recommend


async def call(fn, *args, **kwargs):
    """Call a function, and await what it gives if it must be awaited."""
    result = fn(*args, **kwargs)
    return await result if inspect.isawaitable(result) else result


async def prompt_of(fn, *args, **kwargs):
    """Do what a call decorator does: call the original, and ask what it means."""
    return prompted(fn, args, kwargs, await call(original_of(fn), *args, **kwargs))
