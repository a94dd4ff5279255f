"""What a cassette holds and should not: secrets, errors that nobody meant, headers (CAS-5, CAS-9, CAS-10)."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import PurePath
from typing import TYPE_CHECKING

from chunktape.audit.hygiene_rule import Remark, Unjudged
from chunktape.errors import shorten
from chunktape.tape.secret_entropy import random_member
from chunktape.wire.message import header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.audit.hygiene_case import HygieneCase
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.sighting import Sighting

__all__ = ["MEANT", "accidental", "exposed", "unlisted"]

MEANT = (
    *("error", "fail", "invalid", "wrong", "bad_request", "denied", "unauthorized", "forbidden"),
    *("unauthenticated", "refuse", "refusal", "reject", "limit", "retry", "retries", "missing", "not_found"),
    *("expired", "timeout", "overload", "unavailable", "exhaust", "quota", "disconnect", "reset"),
    *("interrupt", "broken", "raise", "except", "exception", "fallback"),
)
"""Words in the name of a test, or of a cassette, that say that it is about an error, as in `errors`."""

_MEANT = re.compile(rf"(?:^|[^a-z])(?:{'|'.join(MEANT)})(?:s|es|d|ed|ing|ure|ures)?(?![a-z])")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_MODIFIED = 304
_SUCCESS, _REDIRECT, _ERROR = 200, 300, 400
_PATHS = {
    "request URL": "request.uri",
    "request body": "request.body",
    "response body": "response.body",
    "response reason": "response.status",
    "error message": "response.stream.error",
    "recorded_by": "response.stream.recorded_by",
    "client": "response.stream.client",
}


def exposed(case: HygieneCase) -> Iterator[Remark | Unjudged]:
    """Yield a remark for each kind of secret in each place; none of them shows it."""
    found = case.scrubbed
    for number, seen in found.sightings:
        if seen.kind == "secret":
            line = case.line_of(seen.value, number, _path(seen))
            told = f"{seen.what} in the {seen.place}"
            for _ in range(seen.count):
                yield Remark(told, told, number, line, seen.event, f"{len(seen.value)} bytes")
    for leak in found.beside:
        yield Remark(f"{leak.what} in the text of the file", leak.what, case.number_at(leak.line), leak.line)
    for leak in found.left:
        told = f"{leak.what} in a form that redaction cannot take out"
        yield Remark(told, told, None, _same_line(case, leak.what))
    for number, one in enumerate(found.interactions, start=1):
        member = random_member(one)
        if member is not None:
            told = f"{member} looks random, and may be a secret"
            yield Remark(told, told, number, case.line(number), lesser=True)


def _path(seen: Sighting) -> str:
    """Return where in an entry of a file something was seen."""
    side, _, name = seen.place.partition(" header ")
    return f"{side}.headers.{name}" if name else _PATHS[seen.place]


def _same_line(case: HygieneCase, what: str) -> int | None:
    """Return the line of what is left, which is told by its line in a text that is not written."""
    return next((leak.line for leak in case.scrubbed.in_file if leak.what == what), None)


def unlisted(case: HygieneCase) -> Iterator[Remark | Unjudged]:
    """Yield a remark for each header whose value a recording of ours would not keep."""
    names: dict[tuple[int, str], list[str]] = {}
    for number, seen in case.scrubbed.sightings:
        if seen.kind == "header":
            side, _, name = seen.place.partition(" header ")
            names.setdefault((number, side), []).append(name)
    for (number, side), some in names.items():
        told = f"values of {side} headers outside of the list: {', '.join(dict.fromkeys(some))}"
        for name in some:
            line = case.line(number, f"{side}.headers.{name}")
            yield Remark(shorten(told), f"{side} headers", number, line)


def accidental(case: HygieneCase) -> Iterator[Remark | Unjudged]:
    """Yield a remark for each reply that is no success and that nothing says was meant."""
    unknown = 0
    for number, one in enumerate(case.interactions, start=1):
        if one.head is None:
            told, subject = "no reply came", "no reply"
        elif one.head.status is None:
            unknown += 1
            continue
        elif _is_fine(one):
            continue
        else:
            told, subject = f"the reply is {_status(one)}", str(one.head.status)
        if not _is_retried(one, case.interactions[number:]) and not _is_meant(case, one):
            line = case.line(number, "response.status")
            yield Remark(f"{told}, and nothing says that it was meant", subject, number, line)
    if unknown:
        yield Unjudged(f"{unknown} of {len(case.interactions)} replies do not say their status")


def _status(one: Interaction) -> str:
    assert one.head is not None  # noqa: S101 - its caller has looked
    return f"{one.head.status} {one.head.reason or ''}".strip()


def _is_fine(one: Interaction) -> bool:
    status = (one.head.status if one.head is not None else None) or 0
    if _REDIRECT <= status < _ERROR:
        # A redirect is followed, and a copy that somebody has is as good.
        return status == _NOT_MODIFIED or (
            one.head is not None and header(one.head.headers, "location") is not None
        )
    return _SUCCESS <= status < _REDIRECT


def _is_retried(one: Interaction, later: tuple[Interaction, ...]) -> bool:
    """Return whether the same request was answered later: SDKs retry, and that is what was recorded."""
    asked = one.request
    same = (asked.method, asked.url, asked.body)
    return any(
        (two.request.method, two.request.url, two.request.body) == same and _is_fine(two) for two in later
    )


def _is_meant(case: HygieneCase, one: Interaction) -> bool:
    names = [PurePath(case.path).name.split(".")[0], (one.recorded_by or "").rpartition("/")[2]]
    if any(
        fnmatchcase(name, glob)
        for glob in case.setting.expected
        for name in (case.path, one.recorded_by or "")
    ):
        return True
    status = str(one.head.status) if one.head is not None else "connect"
    return any(_says(name, status) for name in names)


def _says(name: str, status: str) -> bool:
    lowered = _CAMEL.sub("_", name).lower()
    return (
        re.search(rf"(?<![0-9]){status}(?![0-9])", lowered) is not None or _MEANT.search(lowered) is not None
    )
