"""`SdkSpec`: which releases of which SDK are asked for, as pip writes it; and how each SDK reads streams."""

from __future__ import annotations

import re
from typing import NamedTuple

from chunktape.errors import ConfigurationError, did_you_mean, shorten

__all__ = ["WAYS", "SdkSpec", "parse_spec"]

WAYS: dict[str, dict[str, tuple[str, ...]]] = {
    "openai": {
        "chat_completions": ("create", "stream"),
        "completions": ("create",),
        "responses": ("create", "stream"),
    },
    "anthropic": {"messages": ("create", "stream")},
    "azure-ai-inference": {"chat_completions": ("create",)},
}
"""How each SDK reads each dialect: what `create(stream=True)` gives, or the helper `.stream()`."""

_VERSION = r"(?:===?|~=|!=|<=?|>=?)\s*[A-Za-z0-9.*+!_-]+"
# No URLs, no markers, no options: what is given here goes on to an installer.
_SPEC = re.compile(rf"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*({_VERSION}(?:\s*,\s*{_VERSION})*)?\s*")
_EXACT = re.compile(r"==([^*,]+)")


class SdkSpec(NamedTuple):
    """The name of an SDK, and the releases of it (`==3.51.0`, `>=3,<4`), empty for the latest."""

    name: str
    releases: str

    def __str__(self) -> str:
        return self.name + self.releases

    @property
    def exact(self) -> str | None:
        """The one release that is asked for, or None where there may be several."""
        found = _EXACT.fullmatch(self.releases)
        return None if found is None else found[1]


def parse_spec(text: str) -> SdkSpec:
    """Return what a text asks for; one that asks for no SDK of ours is a `ConfigurationError`."""
    found = _SPEC.fullmatch(text)
    name = re.sub(r"[-_.]+", "-", found[1]).lower() if found is not None else ""
    if found is None or name not in WAYS:
        close = did_you_mean(name or text, WAYS)
        raise ConfigurationError(
            f"{shorten(text)!r} names no SDK that streams can be played to{close}\n"
            f"  there are {', '.join(WAYS)}\n"
            "  with releases as pip writes them: openai==3.51.0, anthropic>=2,<3"
        )
    return SdkSpec(name, re.sub(r"\s+", "", found[2] or ""))
