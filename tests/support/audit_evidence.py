"""Recordings to audit: from the loopback scripts without a network, and from the corpus."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random

from chunktape.audit.exchange import Exchange
from chunktape.audit.rules import all_rules
from chunktape.loopback import Pause, Write
from chunktape.tape.cassette import Cassette
from chunktape.tape.interaction import Interaction, Timing
from chunktape.wire.message import Ending, Head, Request

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
STARTED = datetime(2026, 11, 20, 10, tzinfo=UTC)
HEAD = 200_000


def recorded(reply, asked, *, url, started=STARTED, headers=()):
    """Return the recording of a scripted reply, each write a chunk, 10 ms apart where nothing pauses."""
    data, at, now, paused = [], [], HEAD, 10_000
    for step in reply.steps:
        if isinstance(step, Pause):
            paused = round(step.seconds * 1e6)
        elif isinstance(step, Write):
            now += paused
            paused = 10_000
            data.append(step.data)
            at.append(now)
    waited = tuple(b - a for a, b in zip((0, *at), at, strict=False))
    return Interaction(
        Request("POST", url, (("content-type", "application/json"), *headers), json.dumps(asked).encode()),
        Head(reply.status, None, reply.headers),
        b"".join(data),
        tuple(accumulate(map(len, data))),
        Ending("eof", now / 1e6),
        Timing(HEAD, tuple(at), waited, now),
        recorded_at=started,
    )


def exchange(one, number=1):
    """Return a recording as rules look at it."""
    return Exchange(one, cassette="cassette.yaml", number=number)


def found(rule, one):
    """Return what a rule says of a recording; nothing where it is about others."""
    looked_at = exchange(one)
    return list(rule.check(looked_at)) if rule.applies(looked_at) else []


def told(one):
    """Return what all rules say of a recording: rule, subject, and how serious that is first party."""
    return {
        (rule.id, hit.subject, rule.lesser[0] if hit.lesser and rule.lesser else rule.strict)
        for rule in all_rules()
        for hit in found(rule, one)
    }


def alarms(one):
    """Return the rules that warn or more, with what they warn of."""
    return {(rule, subject) for rule, subject, severity in told(one) if severity in {"error", "warning"}}


def seeded(seed):
    """Return the randomness of a seed."""
    return Random(seed)  # noqa: S311 what is broken on purpose is no secret


def rows():
    """Return the index of the corpus; nothing where it is not beside this repository."""
    path = CORPUS / "index.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


ROWS = {row["id"]: row for row in rows()}
FIRST_PARTY = {"openai", "azure-openai", "anthropic"}


@cache
def cassette_of(file):
    """Return the interactions of a file of the corpus."""
    return Cassette.load(CORPUS / file).interactions


def kept(name):
    """Return one recording of the corpus."""
    return cassette_of(ROWS[name]["open_file"])[ROWS[name]["index"]]
