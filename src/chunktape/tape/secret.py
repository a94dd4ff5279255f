"""What a secret looks like: known key shapes, the values of environment variables, one known by letter.

Finds only; `redaction` decides where to look and what to put in a secret's place. What is secret
by its name is in `secret_field`, what a request carries in `credential`.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Span = tuple[int, int]

__all__ = [
    "SHAPES",
    "SHORTEST",
    "Literal",
    "Shape",
    "base64_forms",
    "environment_literals",
    "find_shapes",
    "is_random",
    "is_words",
    "literal",
]

SHORTEST = 16
"""Shorter values of variables and headers are no secrets: they would rewrite ordinary text."""

# A key does not begin inside a word; the end of a JSON or URL escape is no part of one.
_START = rb"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2}))"
_END = rb"(?![A-Za-z0-9_-])"
_WORD = re.compile(
    r"[a-z]{1,20}|[A-Z]{1,20}|[A-Z][a-z]{1,19}|[A-Z]?[a-z]{2,19}(?:[A-Z][a-z]{2,19})+|\d{1,4}|[A-Za-z]\d{1,3}"
)
_RANDOM = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9._~+/=:-]{16,}")
_BETWEEN_WORDS = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of key: its name, how such keys begin, and a pattern with a group `secret`.

    Looking for a beginning costs next to nothing, running a pattern over a text costs a lot:
    patterns are tried where a beginning stands. `lead` is how many bytes before it that is.
    """

    name: str
    begins: tuple[bytes, ...]
    pattern: re.Pattern[bytes]
    lead: int = 0

    def find(self, data: bytes) -> Iterator[Span]:
        """Yield where such keys stand; what reads as words is none."""
        for begin in self.begins:
            at = data.find(begin)
            while at >= 0:
                match = self.pattern.match(data, at - self.lead) if at >= self.lead else None
                if match and not is_words(match["secret"].decode("latin-1")):
                    yield match.span("secret")
                at = data.find(begin, match.end() if match else at + len(begin))


def _shape(
    name: str, begins: str, body: bytes, *, before: bytes = _START, after: bytes = b"", lead: int = 0
) -> Shape:
    pattern = re.compile(before + rb"(?P<secret>" + body + rb")" + after)
    return Shape(name, tuple(begins.encode().split()), pattern, lead)


SHAPES = (
    _shape("an Anthropic key", "sk-ant-", rb"sk-ant-[A-Za-z0-9_-]{20,}"),
    _shape("an OpenAI key", "sk-", rb"sk-[A-Za-z0-9_-]{20,}"),
    _shape("an OpenAI client secret", "ek_", rb"ek_[A-Za-z0-9]{24,}"),
    _shape("a Groq key", "gsk_", rb"gsk_[A-Za-z0-9]{20,}"),
    _shape("a Hugging Face token", "hf_", rb"hf_[A-Za-z0-9]{30,}"),
    _shape("an xAI key", "xai-", rb"xai-[A-Za-z0-9]{40,}"),
    _shape("a Perplexity key", "pplx-", rb"pplx-[A-Za-z0-9]{40,}"),
    _shape("a Google key", "AIza", rb"AIza[A-Za-z0-9_-]{35}", after=_END),
    _shape("a Google access token", "ya29.", rb"ya29\.[A-Za-z0-9_-]{20,}"),
    _shape("an AWS key id", "AKIA ASIA", rb"A[KS]IA[A-Z0-9]{16}", after=_END),
    _shape("an Azure key", "JQQJ99", rb"[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9+/]{20,}={0,2}", lead=52),
    _shape("a GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", rb"gh[pousr]_[A-Za-z0-9]{20,}"),
    _shape("a GitHub token", "github_pat_", rb"github_pat_[A-Za-z0-9_]{20,}"),
    _shape("a Slack token", "xox", rb"xox[a-z]-[A-Za-z0-9-]{10,}"),
    _shape(
        "a bearer token",
        "Bearer bearer BEARER",
        rb"[A-Za-z0-9._~+/-]{16,}={0,2}",
        before=rb"(?i:bearer)(?: |\+|%20|\\t)+",
    ),
    _shape("a JSON web token", "eyJ", rb"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    _shape("a Telegram token", "/bot", rb"\d{5,12}(?::|%3[Aa])[A-Za-z0-9_-]{20,}", before=rb"/bot"),
    _shape("an organization id", "org-", rb"org-[A-Za-z0-9]{20,}", after=_END),
    _shape("a project id", "proj_", rb"proj_[A-Za-z0-9]{20,}", after=_END),
)
# Texts without keys are the rule: a part that several beginnings share is looked for before each of them.
# Flat, because a call for each shape would cost more than the search.
_SHARED = ("J", "I", "B", "gh", "sk", "_", "x", "")
_BEGINS = tuple(
    (
        shared,
        tuple(
            (begin, shape)
            for shape in SHAPES
            for begin in (one.decode() for one in shape.begins)
            if shared == next(part for part in _SHARED if part in begin)
        ),
    )
    for shared in _SHARED
)

_SECRET_VARIABLE = re.compile(
    r"(?:^|_)(?:KEY|APIKEY|TOKEN|SECRET|PAT)(?:_?\d+)?$|PASSWORD|PASSWD|SECRET", re.IGNORECASE
)


def is_words(text: str) -> bool:
    """Return whether a text could be prose or a name: words, small numbers and signs only."""
    return all(_WORD.fullmatch(part) for part in _BETWEEN_WORDS.split(text) if part)


def is_random(text: str) -> bool:
    """Return whether a text looks like a credential: long, in one piece, letters and digits, no words."""
    return _RANDOM.fullmatch(text) is not None and not is_words(text)


def find_shapes(data: bytes) -> Iterator[Span]:
    """Yield where keys of a known shape stand."""
    text = data.decode("latin-1")  # in which Python looks for something twice as fast
    for shared, begins in _BEGINS:
        if shared in text:
            for begin, shape in begins:
                if begin in text:
                    yield from shape.find(data)


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
    if not re.search(r'["\\\x00-\x1f]', value):
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
