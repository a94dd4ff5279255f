"""What a secret looks like: the values of environment variables, one known by letter, random text.

Finds only; `redaction` decides where to look and what to put in a secret's place. What is secret
by its name is in `secret_field`, known key shapes are in `secret_shape`, what a request carries in
`credential`.
"""

from __future__ import annotations

import base64
import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Span = tuple[int, int]

__all__ = [
    "SHORTEST",
    "Literal",
    "base64_forms",
    "environment_literals",
    "is_random",
    "is_words",
    "literal",
]

SHORTEST = 16
"""Shorter values of variables and headers are no secrets: they would rewrite ordinary text."""

_WORD = re.compile(
    r"[a-z]{1,20}|[A-Z]{1,20}|[A-Z][a-z]{1,19}|[A-Z]?[a-z]{2,19}(?:[A-Z][a-z]{2,19})+|\d{1,4}|[A-Za-z]\d{1,3}"
)
_RANDOM = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9._~+/=:-]{16,}")
_BETWEEN_WORDS = re.compile(r"[^A-Za-z0-9]+")


_SECRET_VARIABLE = re.compile(
    r"(?:^|_)(?:KEY|APIKEY|TOKEN|SECRET|PAT)(?:_?\d+)?$|PASSWORD|PASSWD|SECRET", re.IGNORECASE
)


def is_words(text: str) -> bool:
    """Return whether a text could be prose or a name: words, small numbers and signs only."""
    return all(_WORD.fullmatch(part) for part in _BETWEEN_WORDS.split(text) if part)


def is_random(text: str) -> bool:
    """Return whether a text looks like a credential: long, in one piece, letters and digits, no words."""
    return _RANDOM.fullmatch(text) is not None and not is_words(text)


class Literal:
    """A secret that is known letter by letter, in the forms in which it may stand in a text.

    One that does not last is none outside of the exchange in which it was seen.
    """

    def __init__(self, name: str, value: str, *, lasting: bool = True) -> None:
        self.name = name
        self.value = value
        self.lasting = lasting
        self.sought_later = lasting and not is_words(value)
        self.forms = _forms(value)
        self._texts = tuple(form.decode("utf-8", "surrogatepass") for form in self.forms)
        self.plain = value.encode("utf-8", "surrogatepass")
        digits = self.plain.hex()
        self.disguises = (digits.encode(), digits.upper().encode(), *base64_forms(self.plain))
        # A number in JSON cannot become a placeholder without quotes; inside of a string it can.
        self._number = _number_in_text(value) if _is_number(value) else None

    def stands_in(self, text: str) -> bool:
        """Return whether a text may hold the secret."""
        for form in self._texts:  # noqa: SIM110 - a generator costs more than the search
            if form in text:
                return True
        return False

    def find(self, data: bytes) -> Iterable[Span]:
        """Return where the secret stands."""
        if self._number is not None:
            return [match.span() for match in self._number.finditer(data)]
        found: list[Span] = []
        for form in self.forms:
            at = data.find(form)
            while at >= 0:
                found.append((at, at + len(form)))
                at = data.find(form, at + len(form))
        return found


@lru_cache(maxsize=256)
def literal(name: str, value: str, *, lasting: bool = True) -> Literal:
    """Return a `Literal`, the same one for the same value."""
    return Literal(name, value, lasting=lasting)


def environment_literals(environ: Mapping[str, str]) -> tuple[Literal, ...]:
    """Return the secrets that environment variables hold."""
    values = {
        value.strip(): name
        for name, value in environ.items()
        if _SECRET_VARIABLE.search(name) and len(value.strip()) >= SHORTEST and not is_words(value)
    }
    return tuple(literal(f"the value of {name}", value) for value, name in values.items())


def _forms(value: str) -> tuple[bytes, ...]:
    """Return a value as it may stand in text: as it is, in JSON, in JSON in JSON, in a URL."""
    forms: dict[str, None] = {}
    if not re.search(r'["\\\x00-\x1f]', re.sub(r"\\u[0-9A-Fa-f]{4}", "", value)):
        # Otherwise the form as it is could be structure of a JSON text, or lines of an event stream.
        forms[value] = None
    for ascii_only in (True, False):
        once = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        twice = json.dumps(once, ensure_ascii=ascii_only)[1:-1]
        forms |= dict.fromkeys((once, twice, once.replace("/", "\\/")))
    plain = value.encode("utf-8", "surrogatepass")
    for quoted in (quote(plain, safe=""), quote(plain), quote_plus(plain)):
        forms |= dict.fromkeys((quoted, re.sub("%..", lambda match: match[0].lower(), quoted)))
    longest_first = sorted(forms, key=len, reverse=True)
    return tuple(form.encode("utf-8", "surrogatepass") for form in longest_first)


def base64_forms(data: bytes) -> set[bytes]:
    """Return what base64 makes of some bytes, wherever they begin in what was encoded."""
    found: set[bytes] = set()
    for shift in range(3):
        # Letters that depend on the bytes around are left out.
        core = slice(-(-shift * 8 // 6), (shift + len(data)) * 8 // 6)
        found |= {
            encode(bytes(shift) + data)[core] for encode in (base64.b64encode, base64.urlsafe_b64encode)
        }
    return found


def _is_number(value: str) -> bool:
    return re.fullmatch(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", value) is not None


def _number_in_text(value: str) -> re.Pattern[bytes]:
    digits = re.escape(value.encode())
    return re.compile(rb"(?<![\d.+:\[,\s-])" + digits + rb"|(?<![\d.+-])" + digits + rb"(?![\d\s,}\].eE])")
