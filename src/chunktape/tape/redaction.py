"""`Redaction`: what is taken out of an exchange before anything is kept of it or looked up by it.

Works on bytes and knows no provider. What a secret looks like is in `secret`, how the chunks of a
body stay true in `span`.
"""

from __future__ import annotations

import os
import re
from collections import deque
from dataclasses import replace as replaced
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, cast

from chunktape.errors import ConfigurationError
from chunktape.tape.header_list import kept_in_reply, kept_in_request
from chunktape.tape.secret import (
    Literal,
    credentials,
    environment_literals,
    find_members,
    find_parameters,
    find_shapes,
    is_words,
)
from chunktape.tape.secret_scan import Leak, scan
from chunktape.tape.span import IN_TEXT, IN_URL, merge, replace
from chunktape.wire.message import Request, header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from chunktape.tape.interaction import Interaction
    from chunktape.tape.span import Placeholder, Span
    from chunktape.wire.message import Ending, Head, Headers

    Find = Callable[[bytes], Iterator[Span]]

__all__ = ["Redaction"]

SHORTEST_EXTRA = 4
_REMEMBERED = 1024
_PLACEHOLDER = "<redacted>"


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
    one. The environment is read once, when this is built.
    """

    def __init__(
        self,
        *,
        extra: Iterable[str | re.Pattern[str] | re.Pattern[bytes]] = (),
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._environment = environment_literals(environ)
        self._finds: tuple[Find, ...] = (
            find_shapes,
            *(known.find for known in self._environment),
            *_parse_extra(extra),
        )
        # Only `scan` asks for these: what was seen before must not change how a request is redacted.
        self._seen: deque[Literal] = deque(maxlen=64)
        self._url = lru_cache(_REMEMBERED)(self._clean_url)
        self._text = lru_cache(_REMEMBERED)(self._clean_text)
        self._own_text = lru_cache(_REMEMBERED)(self._clean_own_text)

    def request(self, request: Request) -> Request:
        """Return the request as it may be kept."""
        own = credentials(request)
        for known in own:
            if known not in self._seen and not is_words(known.value):
                self._seen.append(known)
        return self._request(request, own)

    def interaction(self, interaction: Interaction) -> Interaction:
        """Return the interaction as it may be kept.

        Give it the request as it was sent: what the reply repeats of its credentials is found by
        them. The number of chunks and their times stay as they are.
        """
        own = credentials(interaction.request)
        head, ending = interaction.head, interaction.ending
        body = _Body(interaction.body, interaction.ends)
        members = _is_json(head.headers if head else (), body.data)
        body = self._clean(body, (find_members,) if members else (), own, IN_TEXT)
        return replaced(
            interaction,
            request=self.request(interaction.request),
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
        return scan(data, (*self._environment, *self._seen))

    def _request(self, request: Request, own: tuple[Literal, ...]) -> Request:
        body = self._request_body(request, own)
        headers = self._headers(request.headers, kept_in_request, own)
        if len(body) != len(request.body):
            headers = _with_length(headers, len(request.body), len(body))
        url = request.url and self._own_url(request.url, own)
        return Request(request.method, url, headers, body)

    def _request_body(self, request: Request, own: tuple[Literal, ...]) -> bytes:
        data = request.body
        if not data:
            return data
        if data.lstrip()[:1] in (b"{", b"["):
            return self._clean(_Body(data), (find_members,), own, IN_TEXT).data
        if "form-urlencoded" in (header(request.headers, "content-type") or ""):
            return self._clean(_Body(data), (find_parameters,), own, IN_URL).data
        return self._clean(_Body(data), (), own, IN_TEXT).data

    def _head(self, head: Head, own: tuple[Literal, ...], *, before: Interaction, after: bytes) -> Head:
        headers = self._headers(head.headers, kept_in_reply, own)
        if len(after) != len(before.body):
            encoded = before.content_encoding or header(head.headers, "content-encoding")
            headers = _with_length(headers, None if encoded else len(before.body), len(after))
        return replaced(head, reason=head.reason and self._own_text(head.reason, own), headers=headers)

    def _ending(self, ending: Ending, own: tuple[Literal, ...]) -> Ending:
        if ending.failure is None:
            return ending
        message = self._own_text(ending.failure.message, own)
        return replaced(ending, failure=replaced(ending.failure, message=message))

    def _headers(self, headers: Headers, keeps: Callable[[str], bool], own: tuple[Literal, ...]) -> Headers:
        cleaned = []
        for name, value in headers:
            if not keeps(name):
                cleaned.append((name, _PLACEHOLDER))
            elif name.lower() in ("location", "content-location"):
                cleaned.append((name, self._own_url(value, own)))
            else:
                cleaned.append((name, self._own_text(value, own)))
        return tuple(cleaned)

    def _own_url(self, url: str, own: tuple[Literal, ...]) -> str:
        cleaned = self._url(url)
        return self._again(cleaned, own, (find_parameters,), IN_URL) if own else cleaned

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
        return self._clean(_Body(data), (find_parameters,), (), IN_URL).data.decode("utf-8", "surrogatepass")

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
        while spans := merge(body.data, [span for find in every for span in find(body.data)], placeholder):
            body = _Body(*replace(body.data, spans, body.ends, placeholder))
        return body


def _is_json(headers: Headers, body: bytes) -> bool:
    kind = (header(headers, "content-type") or "").lower()
    return "event-stream" not in kind and body.lstrip()[:1] in (b"{", b"[")


def _with_length(headers: Headers, before: int | None, after: int) -> Headers:
    """Return the headers with the new length of a body; what was missing of it stays missing."""
    return tuple(
        (name, str(after if before is None else max(0, int(value) - before + after)))
        if name.lower() == "content-length" and re.fullmatch(r"[0-9]{1,18}", value)
        else (name, value)
        for name, value in headers
    )


def _parse_extra(extra: Iterable[str | re.Pattern[str] | re.Pattern[bytes]]) -> tuple[Find, ...]:
    if isinstance(extra, str):
        raise ConfigurationError("redact is a list, not a text; write redact=[…]")
    finds: list[Find] = []
    for number, entry in enumerate(extra):
        if isinstance(entry, re.Pattern):
            finds.append(_pattern_find(entry))
        elif not isinstance(entry, str):
            raise ConfigurationError(
                f"redact[{number}] is a {type(entry).__name__}; known: a text, or re.compile(…)\n"
                "  where only a part of a match is secret, name that group: (?P<secret>…)"
            )
        elif len(entry) < SHORTEST_EXTRA:
            raise ConfigurationError(
                f"redact[{number}] has {len(entry)} characters; a text that short stands in ordinary words\n"
                "  to redact it in its context: re.compile(r'pin=(?P<secret>…)')"
            )
        else:
            finds.append(Literal(f"redact[{number}]", entry).find)
    return tuple(finds)


def _pattern_find(pattern: re.Pattern[str] | re.Pattern[bytes]) -> Find:
    group = "secret" if "secret" in pattern.groupindex else 0

    def find_in_bytes(data: bytes) -> Iterator[Span]:
        yield from (match.span(group) for match in cast("re.Pattern[bytes]", pattern).finditer(data))

    def find_in_text(data: bytes) -> Iterator[Span]:
        text = data.decode("utf-8", "surrogateescape")
        read = size = 0
        for match in cast("re.Pattern[str]", pattern).finditer(text):
            start, end = match.span(group)
            if read <= start < end:
                first = size + _size(text[read:start])
                read, size = end, first + _size(text[start:end])
                yield first, size

    return find_in_bytes if isinstance(pattern.pattern, bytes) else find_in_text


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))
