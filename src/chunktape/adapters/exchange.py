"""What was recorded of a response, or is being recorded, from the stack's own response object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.adapters.httpx2 import EXTENSION

if TYPE_CHECKING:
    from chunktape.tape.interaction import Interaction

__all__ = ["exchange_of"]


def exchange_of(response: Any) -> Interaction | None:
    """Return the interaction behind a response, or None where no cassette had to do with it.

    Takes the response of httpx2 (or httpx), of requests, and of azure-core. In replay it is the
    recording; while recording it is what has come so far, as it came: nothing is redacted in it.
    """
    extensions = getattr(response, "extensions", None)
    if isinstance(extensions, dict):
        found = extensions.get(EXTENSION)
    else:
        inner = getattr(response, "internal_response", response)
        found = getattr(getattr(inner, "raw", inner), "chunktape", None)
    interaction: Interaction | None = getattr(found, "interaction", None)
    return interaction
