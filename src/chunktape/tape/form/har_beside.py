"""The field ``_chunktape`` of a HAR entry: what `chunktape export --to har` keeps beside HAR.

With it an entry is again the interaction that it was exported from. Chunks and times are believed where
the body has the digest that stands there: HAR files get edited, too.
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from chunktape.tape.block_text import digest
from chunktape.tape.damage import shown
from chunktape.tape.event_boundary import event_ends
from chunktape.tape.form.har_part import head_of, pieces_of, request_of
from chunktape.tape.form.piece import LONGEST, moment
from chunktape.tape.interaction import Interaction, Timing
from chunktape.wire.message import Ending, EndingKind, Failure, FailureKind, Phase

if TYPE_CHECKING:
    from chunktape.tape.entry import Entry
    from chunktape.wire.message import Head, Request

__all__ = ["read_beside"]

VERSION = 1

_Word = TypeVar("_Word", bound=str)


def read_beside(entry: Entry) -> Interaction:
    """Return the interaction that an entry was exported from."""
    if entry.get("_chunktape.version") != VERSION:
        raise entry.damage(
            f"has a field _chunktape of version {shown(entry.get('_chunktape.version'))}, "
            f"and this chunktape reads version {VERSION}",
            way_out="upgrade chunktape, or take the field out",
        )
    unknown = entry.get("_chunktape.unknown") or []
    if not isinstance(unknown, list):
        raise entry.wrong("_chunktape.unknown", unknown, "a list")
    head = None if entry.get("_chunktape.replied") is False else _head(entry, unknown)
    body = b"".join(pieces_of(entry, head_of(entry)) or ())
    ending = _ending(entry)
    plain = Interaction(
        request=_request(entry, unknown),
        head=head,
        body=body,
        ends=event_ends(head, body),
        ending=ending,
        framed=False,
        recorded_at=moment(entry.get("_chunktape.recorded_at")),
        recorded_by=entry.text("_chunktape.recorded_by"),
        client=entry.text("_chunktape.client"),
        framing=entry.text("_chunktape.framing"),
        content_encoding=entry.text("_chunktape.content_encoding"),
    )
    ends = _numbers(entry, "ends")
    if ends is None:
        return plain
    if entry.get("_chunktape.digest") != digest(body):
        entry.source.lose(f"the body of {entry.name} does not match the digest of its _chunktape")
        return plain
    if list(ends) != sorted(ends) or (ends[-1] if ends else 0) != len(body):
        raise entry.damage("has chunks that do not make up its body, as _chunktape.ends")
    timing = _timing(entry, len(ends))
    if ending is not None and timing is not None and timing.end is not None:
        ending = replace(ending, at=timing.end / 1e6)
    return replace(plain, ends=ends, timing=timing, framed=True, ending=ending)


def _request(entry: Entry, unknown: list[Any]) -> Request:
    request = request_of(entry)
    raw = entry.text("_chunktape.request_base64")
    if raw is not None:
        try:
            request = replace(request, body=b64decode(raw, validate=True))
        except ValueError as error:
            raise entry.damage("has bad base64 as _chunktape.request_base64") from error
    method = None if "request.method" in unknown else request.method
    return replace(request, method=method, url=None if "request.url" in unknown else request.url)


def _head(entry: Entry, unknown: list[Any]) -> Head:
    head = head_of(entry)
    return replace(
        head,
        status=None if "response.status" in unknown else head.status,
        reason=None if "response.statusText" in unknown else head.reason or "",
        http_version=None if "response.httpVersion" in unknown else head.http_version,
    )


def _timing(entry: Entry, count: int) -> Timing | None:
    at, waited = _numbers(entry, "at"), _numbers(entry, "waited")
    if at is None or waited is None:
        return None
    if not len(at) == len(waited) == count:
        raise entry.damage(f"has {count} chunks, {len(at)} times and {len(waited)} waits in _chunktape")
    return Timing(_time(entry, "head"), at, waited, _time(entry, "end"))


def _ending(entry: Entry) -> Ending | None:
    if entry.get("_chunktape.ending") is None:
        return None
    kind = _choice(entry, "ending.kind", get_args(EndingKind))
    failure = None
    if entry.get("_chunktape.ending.failure") is not None:
        failure = Failure(
            _choice(entry, "ending.failure.kind", get_args(FailureKind)),
            entry.text("_chunktape.ending.failure.type") or "",
            entry.text("_chunktape.ending.failure.message") or "",
            _choice(entry, "ending.failure.phase", get_args(Phase)),
        )
    return Ending(kind, None, failure)


def _choice(entry: Entry, key: str, words: tuple[_Word, ...]) -> _Word:
    found = entry.get(f"_chunktape.{key}")
    for known in words:
        if found == known:
            return known
    raise entry.damage(f"has {shown(found)} as _chunktape.{key}, which is none of {', '.join(words)}")


def _numbers(entry: Entry, key: str) -> tuple[int, ...] | None:
    found = entry.get(f"_chunktape.{key}")
    if found is None:
        return None
    if not isinstance(found, list) or not all(_is_number(one) for one in found):
        raise entry.wrong(f"_chunktape.{key}", found, "a list of whole numbers")
    return tuple(found)


def _time(entry: Entry, key: str) -> int | None:
    found = entry.get(f"_chunktape.{key}")
    if found is not None and not _is_number(found):
        raise entry.wrong(f"_chunktape.{key}", found, "a whole number")
    return found  # type: ignore[no-any-return] # looked at above


def _is_number(value: object) -> bool:
    return type(value) is int and abs(value) < LONGEST * 1000
