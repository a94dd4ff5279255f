"""`Mask`: what stands in a transcript in the place of that which each recording makes anew.

An id becomes ``<id 1>``, another one ``<id 2>``, so that a mix-up still shows; times, signatures and
what is encrypted become ``<masked>``. An exact mask hides nothing.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit, urlunsplit

__all__ = ["MASKED", "Mask"]

MASKED = "<masked>"
_TIMES = frozenset({"created", "expires", "timestamp", "page_age", "last_modified"})
_OPAQUE = frozenset({"signature", "thought_signature", "system_fingerprint", "obfuscation"})
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
# As providers make them up: a prefix and much that nobody chose, or a UUID.
_ID = re.compile(
    r"\b(?:[a-zA-Z]{2,12}[_-](?=[a-zA-Z_-]*\d)[A-Za-z0-9]{12,}"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b"
)


class Mask:
    """Knows the ids of one text, numbered as they come.

    `named` are those that some request names: an id of the provider's own things says nothing else.
    """

    def __init__(self, *, exact: bool, named: frozenset[str] = frozenset()) -> None:
        self.exact = exact
        self.named = named
        self._ids: dict[str, int] = {}

    def for_strangers(self) -> Mask:
        """Return a mask with the same ids for what no model said: there an id is only what looks like one."""
        other = _StrangersMask(exact=self.exact, named=self.named)
        other._ids = self._ids  # noqa: SLF001 - one of us
        return other

    def id(self, value: Any) -> str:
        """Return what stands for an id."""
        return str(value) if self.exact else f"<id {self._ids.setdefault(str(value), len(self._ids) + 1)}>"

    def hide(self, value: Any) -> str:
        """Return what stands for a value that is no id."""
        return str(value) if self.exact else MASKED

    def field(self, name: str, value: Any) -> str | None:
        """Return what stands for a field of a provider's own object; None where it is shown as it is."""
        if self.exact or not isinstance(value, str | int | float) or isinstance(value, bool):
            return None
        if name == "id" or name.endswith("_id"):
            return self.id(value)
        hidden = name in _TIMES or name in _OPAQUE or name.endswith("_at") or name.startswith("encrypted_")
        return MASKED if hidden else None

    def skips(self, name: str, value: Any) -> bool:
        """Return whether a field of a provider's own object is nothing that a reader needs to see."""
        if self.exact or value is None or name == "id":
            # Asking for what stands for an id would count it.
            return not self.exact and str(value) not in self.named
        return not name.endswith("_id") and self.field(name, value) == MASKED

    def text(self, text: str) -> str:
        """Return a text of a provider's machinery, such as an error, with what stands for the ids in it."""
        return text if self.exact else _ID.sub(lambda found: self.id(found[0]), text)

    def url(self, url: str) -> str:
        """Return a URL; ids in it are masked, and the port of a server on this machine, which it chose."""
        try:
            parts = urlsplit(url)
            local = parts.hostname in _LOCAL and parts.port is not None
        except ValueError:
            return self.text(url)
        if local and not self.exact:
            host = parts.netloc.rpartition(":")[0]
            url = urlunsplit(parts._replace(netloc=f"{host}:<port>"))
        return self.text(url)


class _StrangersMask(Mask):
    def field(self, name: str, value: Any) -> str | None:
        if self.exact or not isinstance(value, str) or "\n" in value:
            return None if name == "id" or name.endswith("_id") else super().field(name, value)
        masked = self.text(value)
        return masked if masked != value else None if name.endswith("id") else super().field(name, value)

    def skips(self, name: str, value: Any) -> bool:  # noqa: ARG002 - another's object: all of it is shown
        return False
