"""Cassettes that are kept badly on purpose: one mutator for each rule about their keeping."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from chunktape.audit.finding import Finding
from chunktape.audit.unplayed import Left, Unplayed
from chunktape.calls.exchange_answer import asked_at
from chunktape.tape.refit import refitted

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from chunktape.audit.hygiene_case import HygieneCase
    from chunktape.tape.interaction import Interaction

__all__ = [
    "age",
    "expose",
    "fail",
    "forget",
    "grow",
    "leave",
    "outdate",
    "raise_cost",
    "reveal",
    "turn_away",
]

_TOKENS = re.compile(rb'("(?:prompt|completion|input|output|total)_tokens": ?)(\d+)')
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789"


def age(case: HygieneCase, random: Random) -> HygieneCase | None:
    """Let the time go on until one recording is too old."""
    known = [at for at in map(asked_at, case.interactions) if at is not None]
    if not known:
        return None
    at = random.choice(known)
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    now = aware + case.setting.max_age + timedelta(days=random.randint(1, 500))
    return case.but(setting=replace(case.setting, now=now))


def forget(case: HygieneCase, random: Random) -> HygieneCase | None:
    """Name a test that is not there."""
    gone = f"{random.choice(('test_gone', 'test_was', 'test_old'))}{random.randint(1, 999)}"
    return _with_one(
        case,
        random,
        lambda one: (
            one.recorded_by and replace(one, recorded_by=f"{one.recorded_by.partition('::')[0]}::{gone}")
        ),
    )


def leave(case: HygieneCase, random: Random) -> HygieneCase | None:
    """Report that the last recordings were not played."""
    total = len(case.interactions)
    first = random.randrange(total)
    left = tuple(
        Left(place, one.request.method, one.request.url)
        for place, one in enumerate(case.interactions)
        if place >= first
    )
    return case.but(setting=replace(case.setting, unplayed={case.place: Unplayed(left)}))


def grow(case: HygieneCase, random: Random) -> HygieneCase | None:
    """Ask for so much that an interaction, or the file, is too big."""
    if random.random() < 0.5:  # noqa: PLR2004 - one way or the other
        return case.but(setting=replace(case.setting, cassette_bytes=len(case.text) - 1))
    more = b" " * case.setting.interaction_bytes
    return _with_one(
        case, random, lambda one: replace(one, request=replace(one.request, body=one.request.body + more))
    )


def expose(case: HygieneCase, random: Random) -> HygieneCase | None:
    """Put a made-up key into a header, an address or a body."""
    key = "sk-proj-" + "".join(random.choices(_LETTERS, k=40)) + "7q"
    place = random.choice(("header", "url", "request", "response"))

    def edit(one: Interaction) -> Interaction | None:
        asked = one.request
        if place == "header":
            return replace(
                one, request=replace(asked, headers=(*asked.headers, ("authorization", f"Bearer {key}")))
            )
        if place == "url" and asked.url:
            sign = "&" if "?" in asked.url else "?"
            return replace(one, request=replace(asked, url=f"{asked.url}{sign}key={key}"))
        if place == "request":
            return replace(one, request=replace(asked, body=asked.body + f" {key}".encode()))
        return refitted(one, one.body + f": {key}\n\n".encode())

    return _with_one(case, random, edit)


def outdate(case: HygieneCase, random: Random) -> HygieneCase | None:
    """Let a recording be made by an older release of the SDK that made it."""
    names = [name for name in case.setting.installed if name in {"openai", "anthropic"}]
    if not names:
        return None
    told = f"{random.choice(names)}/0.{random.randint(1, 9)}.{random.randint(0, 9)}"
    return _with_one(case, random, lambda one: replace(one, client=told))


def fail(case: HygieneCase, random: Random) -> HygieneCase | None:
    """Let an audit have found an error."""
    number = random.randint(1, len(case.interactions))
    finding = Finding(
        "OAI-1",
        "error",
        "strict",
        case.path,
        number,
        None,
        None,
        "no end marker",
        1,
        "there is no [DONE]",
        "",
    )
    return case.but(findings=(*(case.findings or ()), finding))


def raise_cost(case: HygieneCase, random: Random) -> HygieneCase | None:
    """Let an answer have taken a million times as many tokens."""
    priced = [place for place, row in enumerate(case.metrics) if row.cost is not None and row.cost.usd > 0]
    if not priced:
        return None
    place = random.choice(priced)
    one = case.interactions[place]
    body = _TOKENS.sub(lambda match: match[1] + match[2] + b"000000", one.body)
    return _with(case, place, refitted(one, body)) if body != one.body else None


def turn_away(case: HygieneCase, random: Random) -> HygieneCase | None:
    """Let a server have refused the last request of its kind."""
    status, reason = random.choice(((401, "Unauthorized"), (429, "Too Many Requests"), (500, "Server Error")))
    place = len(case.interactions) - 1
    one = case.interactions[place]
    if one.head is None:
        return None
    return _with(case, place, replace(one, head=replace(one.head, status=status, reason=reason)))


def reveal(case: HygieneCase, random: Random) -> HygieneCase | None:
    """Add a header that nobody knows, to a request or to a reply."""
    pair = (f"x-tenant-{random.randint(1, 99)}", f"unit {random.randint(1, 99)}")

    def edit(one: Interaction) -> Interaction | None:
        if random.random() < 0.5 or one.head is None:  # noqa: PLR2004 - one side or the other
            return replace(one, request=replace(one.request, headers=(*one.request.headers, pair)))
        return replace(one, head=replace(one.head, headers=(*one.head.headers, pair)))

    return _with_one(case, random, edit)


def _with_one(
    case: HygieneCase, random: Random, edit: Callable[[Interaction], Interaction | str | None]
) -> HygieneCase | None:
    """Return the case with one of its interactions changed."""
    place = random.randrange(len(case.interactions))
    found = edit(case.interactions[place])
    return _with(case, place, found) if found and not isinstance(found, str) else None


def _with(case: HygieneCase, place: int, found: Interaction) -> HygieneCase:
    return case.but(interactions=(*case.interactions[:place], found, *case.interactions[place + 1 :]))
