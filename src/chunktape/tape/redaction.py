"""`Redaction`: what is taken out of an exchange before anything is kept of it or looked up by it.

Works on bytes and knows no provider. What a secret looks like is in `secret`, what names
one in `secret_field`, what an exchange authenticates with in `credential`; how the chunks of a body
stay true is in `span`.
"""

from __future__ import annotations

import os
from collections import deque
from dataclasses import replace as replaced
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from chunktape.tape.credential import credentials, own_cookies
from chunktape.tape.header_list import kept_in_reply, kept_in_request
from chunktape.tape.header_value import clean_challenge, clean_cookie, clean_link, with_length
from chunktape.tape.secret import Literal, environment_literals
from chunktape.tape.secret_event import find_across_events, joined_placeholders
from chunktape.tape.secret_extra import parse_extra
from chunktape.tape.secret_field import (
    find_event_members,
    find_members,
    find_padded,
    find_parameters,
    find_parts,
    find_quoted,
)
from chunktape.tape.secret_resource import find_resources
from chunktape.tape.secret_scan import Leak, scan
from chunktape.tape.secret_shape import find_shapes
from chunktape.tape.soundness import broken_by
from chunktape.tape.span import IN_REQUEST, IN_TEXT, IN_URL, merge, replace
from chunktape.wire.message import Request, header

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Mapping

    from chunktape.tape.interaction import Interaction
    from chunktape.tape.span import Placeholder, Span
    from chunktape.wire.message import Ending, Head, Headers

    Find = Callable[[bytes], Iterable[Span]]

__all__ = ["Redaction", "find_in_reply", "finds_in_request"]

_REMEMBERED = 1024
_PLACEHOLDER = "<redacted>"
_IN_URL: tuple[Find, ...] = (find_parameters, find_quoted)
_URL_HEADERS = frozenset({"location", "content-location", "operation-location", "azure-asyncoperation"})

_STRUCTURED = frozenset({"link", "set-cookie", "www-authenticate", "proxy-authenticate"})
_ROUNDS = 8


class _Body(NamedTuple):
    data: bytes
    ends: tuple[int, ...] = ()


class Redaction:
    """Takes secrets out of requests and interactions, the same way every time.

    Headers outside of a list of harmless ones keep their name only. Everywhere else known key
    shapes, the values of variables named like secrets, and the credentials of the request itself
    are replaced by ``<redacted>`` (in URLs ``redacted``). Doing it twice changes nothing.

    `extra` adds texts and regular expressions; where one has a group named ``secret``, only that
    is replaced. Functions are not taken: nobody could tell where the chunks of a body end after
    one. The environment is read when this is built and whenever `fresh` is called. `broken` says what
    redaction has broken since then, as only a pattern of a caller can.
    """

    def __init__(
        self,
        *,
        extra: Iterable[str | re.Pattern[str] | re.Pattern[bytes]] = (),
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._environ = environ
        self._extra = parse_extra(extra)
        # Only `scan` asks for these: what was seen before must not change how a request is redacted.
        self._seen: deque[Literal] = deque(maxlen=64)
        self._were_set: dict[str, Literal] = {}
        self._environment: tuple[Literal, ...] | None = None
        self.broken: dict[str, None] = {}
        self.fresh()

    def fresh(self) -> None:
        """Read the environment again; costs little where no secret in it has changed."""
        self.broken.clear()
        environment = environment_literals(self._environ)
        if environment == self._environment:
            return
        self._environment = environment
        self._were_set |= {known.value: known for known in environment}
        self._finds: tuple[Find, ...] = (
            find_shapes,
            find_resources,
            *(known.find for known in environment),
            *self._extra,
        )
        # After what they remember the results of, so that nobody fills a new one with old results.
        self._url = lru_cache(_REMEMBERED)(self._clean_url)
        self._text = lru_cache(_REMEMBERED)(self._clean_text)
        self._own_text = lru_cache(_REMEMBERED)(self._clean_own_text)

    def request(self, request: Request) -> Request:
        """Return the request as it may be kept."""
        own = self._noted(request)
        body = self._request_body(request, own)
        headers = self._headers(request.headers, kept_in_request, own)
        if len(body) != len(request.body):
            headers = with_length(headers, len(request.body), len(body))
        return Request(request.method, self._request_url(request.url, own), headers, body)

    def text(self, text: str, request: Request) -> str:
        """Return a text about a request as it may be shown."""
        return self._own_text(text, credentials(request))

    def sought(self, request: Request) -> Request:
        """Return the request as it is looked up by: as in `request`, but with the headers that were sent.

        Costs half, because nobody looks at most headers. Neither to be kept nor to be shown.
        """
        own = self._noted(request)
        body = self._request_body(request, own)
        return Request(request.method, self._request_url(request.url, own), request.headers, body)

    def interaction(self, interaction: Interaction) -> Interaction:
        """Return the interaction as it may be kept.

        Give it the request as it was sent: what the reply repeats of its credentials is found by
        them. The number of chunks and their times stay as they are.
        """
        head, ending = interaction.head, interaction.ending
        headers = head.headers if head else ()
        own = (*credentials(interaction.request), *own_cookies(headers))
        body = _Body(interaction.body, interaction.ends)
        find = find_in_reply(headers, body.data)
        across = (self._across(own),) if find is find_event_members else ()
        body = self._clean(body, (find, *across), own, IN_TEXT)
        request = self.request(interaction.request)
        if (what := broken_by(interaction, body.data)) is not None:
            self.broken[f"{what}, the reply to {request.method} {request.url}"] = None
        return replaced(
            interaction,
            request=request,
            head=head and self._head(head, own, before=interaction, after=body.data),
            body=body.data,
            ends=body.ends,
            ending=ending and self._ending(ending, own),
            recorded_by=interaction.recorded_by and self._own_text(interaction.recorded_by, own),
            client=interaction.client and self._own_text(interaction.client, own),
        )

    def scan(self, data: bytes) -> tuple[Leak, ...]:
        """Return the secrets in a text on its way to the disk that redaction could not see.

        Looks for known keys and for every credential that came through here, as they are and
        escaped, for the latter in base64 and hex as well.
        """
        return scan(data, (*self._were_set.values(), *self._seen))

    def _noted(self, request: Request) -> tuple[Literal, ...]:
        """Return the credentials of a request, which `scan` looks for from now on."""
        own = credentials(request)
        for known in own:
            if known.sought_later and known not in self._seen:
                self._seen.append(known)
        return own

    def _request_url(self, url: str | None, own: tuple[Literal, ...]) -> str | None:
        if not url:
            return url
        # What follows a # never leaves the client.
        return self._own_url(url.partition("#")[0] if "#" in url else url, own)

    def _request_body(self, request: Request, own: tuple[Literal, ...]) -> bytes:
        return joined_placeholders(self._clean_request_body(request, own)) if request.body else b""

    def _clean_request_body(self, request: Request, own: tuple[Literal, ...]) -> bytes:
        finds, placeholder = finds_in_request(request)
        return self._clean(_Body(request.body), finds, own, placeholder).data

    def _head(self, head: Head, own: tuple[Literal, ...], *, before: Interaction, after: bytes) -> Head:
        headers = self._headers(head.headers, kept_in_reply, own)
        if len(after) != len(before.body):
            encoded = before.content_encoding or header(head.headers, "content-encoding")
            headers = with_length(headers, None if encoded else len(before.body), len(after))
        return replaced(head, reason=head.reason and self._own_text(head.reason, own), headers=headers)

    def _ending(self, ending: Ending, own: tuple[Literal, ...]) -> Ending:
        if ending.failure is None:
            return ending
        message = self._own_text(ending.failure.message, own)
        return replaced(ending, failure=replaced(ending.failure, message=message))

    def _headers(self, headers: Headers, keeps: Callable[[str], bool], own: tuple[Literal, ...]) -> Headers:
        return tuple(
            (name, self._header(name.lower(), value, own) if keeps(name) else _PLACEHOLDER)
            for name, value in headers
        )

    def _header(self, name: str, value: str, own: tuple[Literal, ...]) -> str:
        if name in _URL_HEADERS:
            return self._own_url(value, own)
        if name not in _STRUCTURED:
            return self._own_text(value, own)
        # What goes may leave another structure behind; a caller's pattern may take a sign of it.
        for _ in range(_ROUNDS):
            cleaned = self._own_text(self._structured(name, value, own), own)
            if cleaned == value:
                break
            value = cleaned
        return value

    def _structured(self, name: str, value: str, own: tuple[Literal, ...]) -> str:
        if name == "link":
            return clean_link(value, lambda url: self._own_url(url, own))
        return clean_cookie(value) if name == "set-cookie" else clean_challenge(value)

    def _across(self, own: tuple[Literal, ...]) -> Find:
        finds = (*self._finds, *(known.find for known in own))
        return lambda data: find_across_events(data, finds)

    def _own_url(self, url: str, own: tuple[Literal, ...]) -> str:
        cleaned = self._url(url)
        return self._again(cleaned, own, _IN_URL, IN_URL) if own else cleaned

    def _clean_own_text(self, text: str, own: tuple[Literal, ...]) -> str:
        cleaned = self._text(text)
        return self._again(cleaned, own, (), IN_TEXT) if own else cleaned

    def _again(
        self, text: str, own: tuple[Literal, ...], finds: tuple[Find, ...], placeholder: Placeholder
    ) -> str:
        if not any(known.stands_in(text) for known in own):
            return text
        data = text.encode("utf-8", "surrogatepass")
        return self._clean(_Body(data), finds, own, placeholder).data.decode("utf-8", "surrogatepass")

    def _clean_url(self, url: str) -> str:
        data = url.encode("utf-8", "surrogatepass")
        return self._clean(_Body(data), _IN_URL, (), IN_URL).data.decode("utf-8", "surrogatepass")

    def _clean_text(self, text: str) -> str:
        data = text.encode("utf-8", "surrogatepass")
        return self._clean(_Body(data), (), (), IN_TEXT).data.decode("utf-8", "surrogatepass")

    def _clean(
        self, body: _Body, finds: tuple[Find, ...], own: tuple[Literal, ...], placeholder: Placeholder
    ) -> _Body:
        """Return the body without secrets.

        Looks until nothing is found: what stands beside a placeholder may be found only then, and
        would otherwise be found when the stored text is redacted again.
        """
        every = (*self._finds, *finds, *(known.find for known in own))
        while found := [span for find in every for span in find(body.data)]:
            spans = merge(body.data, found, placeholder)
            if not spans:
                break
            body = _Body(*replace(body.data, spans, body.ends, placeholder))
        return body


def finds_in_request(request: Request) -> tuple[tuple[Find, ...], Placeholder]:
    """Return what finds secrets by name in the body of a request, and what stands in their place."""
    if request.body.lstrip()[:1] in (b"{", b"["):
        return (find_members, find_padded), IN_REQUEST
    if "form-urlencoded" in (header(request.headers, "content-type") or ""):
        return _IN_URL, IN_URL
    return (find_parts, find_padded), IN_REQUEST


def find_in_reply(headers: Headers, body: bytes) -> Find:
    """Return what finds secrets by name in the body of a reply."""
    kind = (header(headers, "content-type") or "").lower()
    if "event-stream" not in kind and body.lstrip()[:1] in (b"{", b"["):
        return find_members
    return find_parameters if "form-urlencoded" in kind else find_event_members
