"""What redaction takes out of an interaction, said in words that do not show it.

`redaction` decides what goes; here its result is compared with what was there, and each difference gets
a kind, a place and a count. What merely changes its form (a fragment, another tool's placeholder) is none.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from chunktape.tape.credential import credentials, own_cookies
from chunktape.tape.header_list import kept_in_reply, kept_in_request
from chunktape.tape.redaction import Redaction, find_in_reply, finds_in_request
from chunktape.tape.secret import is_words
from chunktape.tape.secret_field import find_event_members, find_parameters
from chunktape.tape.secret_resource import find_resources
from chunktape.tape.secret_shape import SHAPES
from chunktape.tape.span import IN_TEXT, IN_URL, merge
from chunktape.wire.message import Request
from chunktape.wire.sse import block_ends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from chunktape.tape import secret
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.span import Placeholder, Span
    from chunktape.wire.message import Headers

    Find = Callable[[bytes], Iterable[Span]]

__all__ = ["Inspection", "Sighting"]

_PLACEHOLDER = "<redacted>"
_CREDENTIAL = re.compile(
    r"authori[sz]ation|key|token|secret|password|passwd|cookie|session|signature|auth\b", re.IGNORECASE
)
_IDENTITY = re.compile(
    r"(?:openai|anthropic)-(?:organization(?:-id)?|project)|x-goog-user-project", re.IGNORECASE
)
# What other tools, and people, write where something was: X-API-KEY-XXX, <AZURE_API_KEY>, test-org.
_BLANK = re.compile(
    r"redact|filter|scrub|remov|hidden|dummy|fake|example|placeholder|xxx|\*{3}|^test\b|^[<\[{].*[>\]}]$",
    re.IGNORECASE,
)
_NAMES = re.compile(rb'"([A-Za-z0-9_.-]{1,40})\\*"\s*:\s*\\*"?\Z|(?:\A|[?&;#\s])([A-Za-z0-9_.-]{1,40})=\Z')
# The members in which models spell a text out, as `secret_event` knows them.
_TOLD = frozenset({
    b"content", b"text", b"partial_json", b"arguments", b"delta", b"thinking", b"reasoning",
    b"reasoning_content", b"refusal", b"transcript",
})  # fmt: skip  # read as a table


@dataclass(frozen=True, slots=True)
class Sighting:
    """One kind of thing that redaction takes out of one place of an interaction, and how often.

    A ``secret`` opens something or says who somebody is; a ``header`` is one that is merely not on the
    list of those whose values are kept. `event` is that of the first, from 1, in a reply that is a
    stream. `value` is the first itself, to find its line by, and never to be shown.
    """

    kind: Literal["secret", "header"]
    what: str
    place: str
    count: int
    event: int | None = None
    value: bytes = field(default=b"", repr=False)


class _Named(NamedTuple):
    name: str
    find: Find


class Inspection(Redaction):
    """Redaction that can say what it takes out.

    `more` are texts and regular expressions beside what redaction knows, by what they are called.
    """

    def __init__(
        self,
        *,
        more: Mapping[str, str | re.Pattern[str] | re.Pattern[bytes]],
        environ: Mapping[str, str],
    ) -> None:
        self._names = tuple(more)
        super().__init__(extra=more.values(), environ=environ)

    def sightings(self, one: Interaction, cleaned: Interaction) -> Iterator[Sighting]:
        """Yield what is gone in the redacted form of an interaction, which `interaction` makes of it."""
        headers = one.head.headers if one.head is not None else ()
        asking = credentials(one.request)
        own = (*asking, *own_cookies(headers))
        before, after = one.request, cleaned.request
        yield from self._in_text("request URL", before.url, after.url, own, is_url=True)
        yield from self._in_headers("request", before.headers, after.headers, own)
        if before.body != after.body:
            finds, placeholder = finds_in_request(before)
            yield from self._in_bytes("request body", before.body, asking, finds, placeholder)
        if one.head is not None and cleaned.head is not None:
            yield from self._in_text("response reason", one.head.reason, cleaned.head.reason, own)
            yield from self._in_headers("response", headers, cleaned.head.headers, own)
        if one.body != cleaned.body:
            find = find_in_reply(headers, one.body)
            across = (self._across(own),) if find is find_event_members else ()
            yield from self._in_bytes("response body", one.body, own, (find, *across), IN_TEXT)
        yield from self._in_text("error message", _message(one), _message(cleaned), own)
        yield from self._in_text("recorded_by", one.recorded_by, cleaned.recorded_by, own)
        yield from self._in_text("client", one.client, cleaned.client, own)

    def _in_headers(
        self, side: str, before: Headers, after: Headers, own: tuple[secret.Literal, ...]
    ) -> Iterator[Sighting]:
        keeps = kept_in_request if side == "request" else kept_in_reply
        for (name, value), (_, cleaned) in zip(before, after, strict=True):
            if value == cleaned or _is_blank(value):
                continue
            place = f"{side} header {name.lower()}"
            if not keeps(name):
                yield self._dropped(place, name.lower(), value)
                continue
            found = list(self._in_text(place, value, cleaned, own, is_url=True))
            if not found and name.lower() in {"set-cookie", "www-authenticate", "proxy-authenticate"}:
                what = "a cookie" if name.lower() == "set-cookie" else "a ticket"
                found = [Sighting("secret", what, place, 1, None, _encoded(value))]
            yield from found

    def _dropped(self, place: str, name: str, value: str) -> Sighting:
        """Return what the value of a header that is not kept is."""
        data = _encoded(value)
        if _IDENTITY.fullmatch(name):
            return Sighting("secret", "whose account it is", place, 1, None, data)
        if _CREDENTIAL.search(name) and credentials(Request(None, None, ((name, value),), b"")):
            return Sighting(
                "secret", "a cookie" if name == "cookie" else "a credential", place, 1, None, data
            )
        shape = next((known for known in self._known(()) if any(True for _ in known.find(data))), None)
        if shape is not None:
            return Sighting("secret", shape.name, place, 1, None, data)
        return Sighting("header", "a header outside of the list", place, 1, None, data)

    def _in_text(
        self,
        place: str,
        before: str | None,
        after: str | None,
        own: tuple[secret.Literal, ...],
        *,
        is_url: bool = False,
    ) -> Iterator[Sighting]:
        if before and before != after:
            finds, placeholder = ((find_parameters,), IN_URL) if is_url else ((), IN_TEXT)
            yield from self._in_bytes(place, _encoded(before), own, finds, placeholder)

    def _in_bytes(
        self,
        place: str,
        data: bytes,
        own: tuple[secret.Literal, ...],
        finds: tuple[Find, ...],
        placeholder: Placeholder,
    ) -> Iterator[Sighting]:
        named = [*self._known(own), *(_Named("", find) for find in finds)]
        found = [(span, known.name) for known in named for span in known.find(data)]
        counts: dict[str, int] = {}
        first: dict[str, Span] = {}
        for start, end in merge(data, [span for span, _ in found], placeholder):
            inside = [name for (begin, stop), name in found if begin < end and stop > start]
            what = next(filter(None, inside), "") or _what_its_name_says(data, start)
            counts[what] = counts.get(what, 0) + 1
            first.setdefault(what, (start, end))
        events = block_ends(data) if place == "response body" and first else []
        for what, (start, end) in first.items():
            event = bisect_right(events, start) + 1 if len(events) > 1 else None
            yield Sighting("secret", what, place, counts[what], event, data[start:end])

    def _known(self, own: tuple[secret.Literal, ...]) -> list[_Named]:
        """Return what is looked for everywhere, by what it is called."""
        return [
            *(_Named(shape.name, shape.find) for shape in SHAPES),
            _Named("the name of an Azure resource", find_resources),
            *(_Named(known.name, known.find) for known in self._environment or ()),
            *(_Named(name, find) for name, find in zip(self._names, self._extra, strict=True)),
            *(_Named(known.name, known.find) for known in own),
        ]


def _what_its_name_says(data: bytes, start: int) -> str:
    """Return what is secret by its name, or by the pieces that it is told in."""
    found = _NAMES.search(data, max(0, start - 80), start)
    name = b"" if found is None else found[1] or found[2]
    if name.lower() in _TOLD:
        return "a secret told in pieces"
    return f"the value of {name.decode()}" if name else "something named like a secret"


def _message(one: Interaction) -> str | None:
    ending = one.ending
    return ending.failure.message if ending is not None and ending.failure is not None else None


def _is_blank(value: str) -> bool:
    """Return whether another tool has taken out what stood there."""
    return value == _PLACEHOLDER or (is_words(value) and _BLANK.search(value) is not None)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
