"""`Matching`: when a request counts as the one that was recorded.

Lookup is by hash, so equality is decided once, when the key of a request is made. Requests come in
as redaction left them. Why a request was not found is explained in `miss`, not here.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from chunktape.errors import ConfigurationError, did_you_mean, shorten
from chunktape.tape.json_path import parse_path, remove
from chunktape.tape.normaliser import parse_normalisers
from chunktape.tape.secret_resource import without_resource
from chunktape.wire.message import header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chunktape.wire.message import Request

    MatchFunction = Callable[[Request, Request], str | bool | None]

__all__ = ["MATCHERS", "Address", "Matching"]

MATCHERS = ("method", "scheme", "host", "port", "path", "query", "body", "raw_body", "uri", "headers")
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_BOUNDARY = re.compile(rb"--([^\r\n]{1,70})\r?\n")
_REMEMBERED_URLS = 1024
_LONG = 1e21
"""From here on JavaScript writes numbers with an exponent (ECMA-262, Number::toString)."""


class Address(NamedTuple):
    """A URL taken apart and levelled: host in lower case, the port always there, parameters sorted."""

    scheme: str
    host: str
    port: str
    path: str
    query: str


class Matching:
    """Says which recorded request a request is.

    `match_on` holds names (vcrpy's, see `MATCHERS`) and functions ``(request, recorded)`` that
    return None where the two agree and otherwise a text that says why not; vcrpy's True, False and
    `AssertionError` are understood as well. `ignore` names fields of JSON bodies, `normalize` text
    that is levelled inside of strings; both act on the comparison only, never on what is stored.
    """

    def __init__(
        self,
        *,
        match_on: Iterable[str | MatchFunction] = ("method", "uri", "body"),
        ignore: Iterable[str] = (),
        normalize: Iterable[str | re.Pattern[str]] = (),
    ) -> None:
        for name, value in (("match_on", match_on), ("ignore", ignore), ("normalize", normalize)):
            if isinstance(value, str):
                raise ConfigurationError(f"{name} is a list, not a text; write {name}=[{shorten(value)!r}]")
        self._match_on, self._ignore, self._normalize = tuple(match_on), tuple(ignore), tuple(normalize)
        self.names, self._functions = _parse_match_on(self._match_on)
        self._ignored = tuple(parse_path(path) for path in self._ignore)
        self._normaliser = parse_normalisers(self._normalize)
        self.address = lru_cache(_REMEMBERED_URLS)(self._take_apart)
        self._place = lru_cache(_REMEMBERED_URLS)(self._read_place)
        whole = "uri" in self.names
        self.url_fields = tuple(name for name in Address._fields if whole or name in self.names)
        readers: dict[str, Callable[[Request], bytes]] = {
            "headers": self._read_headers,
            "body": self.body,
            "raw_body": self._read_raw_body,
        }
        self._readers = [readers[name] for name in self.names if name in readers]
        self._by_method = "method" in self.names
        # What kind of body it is does not count: redaction leaves that as it is.
        self.reads_headers = bool(self._functions) or "headers" in self.names

    def key(self, request: Request) -> bytes:
        """Return a hash that two requests share exactly where they match, functions aside."""
        digest = blake2b(self._place(request.method if self._by_method else "", request.url), digest_size=16)
        for read in self._readers:
            digest.update(read(request))
            digest.update(b"\0")
        return digest.digest()

    def agrees(self, request: Request, recorded: Request) -> bool:
        """Return whether the functions among the matchers accept a recorded request of the same key.

        A recorded request that is not known accepts any POST.
        """
        if self.wildcard(recorded):
            return request.method == "POST"
        return not self._functions or self.objection(request, recorded) is None

    def objection(self, request: Request, recorded: Request) -> str | None:
        """Return what the first function that does not agree says, with its name in front."""
        for function in self._functions:
            try:
                verdict = function(request, recorded)
            except AssertionError as error:
                verdict = str(error)
            if verdict is not None and verdict is not True:
                name = getattr(function, "__name__", type(function).__name__)
                return f"{name}: {verdict}" if isinstance(verdict, str) and verdict else name
        return None

    def wildcard(self, recorded: Request) -> bool:
        """Return whether a recorded request is one that nobody knows: the bare body of a reply.

        Ask `agrees` what it answers; its key means nothing.
        """
        return recorded.method is None and recorded.url is None

    def level(self, text: str) -> str:
        """Return the text with everything that the normalisers know replaced."""
        return self._normaliser.level(text)

    @property
    def normalises(self) -> bool:
        """Whether there is anything to level."""
        return bool(self._normaliser)

    def levelling(self, names: Iterable[str]) -> Matching:
        """Return the same matching with more named normalisers."""
        return Matching(match_on=self._match_on, ignore=self._ignore, normalize=[*self._normalize, *names])

    def document(self, request: Request) -> Any:
        """Return the JSON body without the ignored fields, parsed; raises `ValueError` if it is none."""
        document = _parse(request.body)
        if self._ignored:
            remove(document, self._ignored)
        return document

    def body(self, request: Request) -> bytes:
        """Return the body as it is compared: JSON in canonical form, everything else levelled."""
        try:
            return self._read_json_body(request)
        except (ValueError, RecursionError):
            return self._read_other_body(request)

    def _read_json_body(self, request: Request) -> bytes:
        document = self.document(request)
        if self._normaliser:
            document = self._level_strings(document)
        return b"json:" + _ENCODER.encode(document).encode()

    def _read_other_body(self, request: Request) -> bytes:
        body = request.body
        if body.startswith(b"--") and (match := _BOUNDARY.match(body)):
            body = body.replace(match[1], b"boundary")
        elif "form-urlencoded" in (header(request.headers, "content-type") or ""):
            # The order of the names does not matter, that of the values of one name does.
            pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True)
            body = urlencode(sorted(pairs, key=lambda pair: pair[0])).encode()
        return self._level_bytes(body)

    def _read_raw_body(self, request: Request) -> bytes:
        return self._level_bytes(request.body)

    def _level_bytes(self, data: bytes) -> bytes:
        if not self._normaliser:
            return data
        text = data.decode("utf-8", "surrogateescape")
        return self._normaliser.level(text).encode("utf-8", "surrogateescape")

    def _level_strings(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._normaliser.level(value)
        if isinstance(value, dict):
            return {key: self._level_strings(child) for key, child in value.items()}
        if isinstance(value, list):
            return [self._level_strings(child) for child in value]
        return value

    def _read_headers(self, request: Request) -> bytes:
        lines = sorted((name.lower(), self.level(value)) for name, value in request.headers)
        return _ENCODER.encode(lines).encode()

    def _read_place(self, method: str | None, url: str | None) -> bytes:
        address = self.address(url)
        return _ENCODER.encode(
            [(method or "").upper(), *(getattr(address, x) for x in self.url_fields)]
        ).encode()

    def _take_apart(self, url: str | None) -> Address:
        url = url or ""
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS.get(parts.scheme)
        except ValueError:
            return Address("", "", "", self.level(url), "")
        pairs = sorted(
            (name, self.level(value)) for name, value in parse_qsl(parts.query, keep_blank_values=True)
        )
        path = self.level(parts.path) or "/"
        host = without_resource(parts.hostname or "")
        return Address(parts.scheme, host, str(port or ""), path, urlencode(pairs))


def _parse_match_on(
    match_on: tuple[str | MatchFunction, ...],
) -> tuple[tuple[str, ...], tuple[MatchFunction, ...]]:
    names: list[str] = []
    functions: list[MatchFunction] = []
    for entry in match_on:
        if callable(entry):
            functions.append(entry)
        elif entry in MATCHERS:
            names.append(entry)
        else:
            raise ConfigurationError(
                f"match_on: there is no matcher {shorten(str(entry))!r}{did_you_mean(str(entry), MATCHERS)}\n"
                f"  known: {', '.join(MATCHERS)}, and functions (request, recorded) -> None | str"
            )
    return tuple(dict.fromkeys(names)), tuple(functions)


def _number(text: str) -> float | int:
    """Return a number by its value: 1.0 and 1e0 are 1."""
    value = float(text)
    # 1e308 has six signs and is an integer of three hundred.
    return int(value) if abs(value) < _LONG and value.is_integer() else value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_float=_number, object_pairs_hook=_unique)


def _parse(body: bytes) -> Any:
    """Return a JSON object or array; raises `ValueError` for all else, and for keys that stand twice."""
    if not body.startswith((b"{", b"[")) and body.lstrip()[:1] not in (b"{", b"["):
        raise ValueError("neither an object nor an array")
    return _DECODER.decode(body.decode())
