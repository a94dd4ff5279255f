"""A folder of cassettes to audit: clean ones, broken ones, and what is no cassette at all."""

from __future__ import annotations

from dataclasses import replace

from audit_evidence import recorded
from audited_chat import OPENAI, TEXTS, question

from chunktape.audit.catalogue import catalogue
from chunktape.audit.runner import Run
from chunktape.audit.settings import Settings
from chunktape.loopback import chat
from chunktape.tape import store

IDS = tuple(catalogue())
GROQ = "https://api.groq.com/openai/v1/chat/completions"


def cut(one):
    """Return a recording without its last event."""
    ends = one.ends[:-1]
    timing = one.timing and replace(one.timing, at=one.timing.at[:-1], waited=one.timing.waited[:-1])
    return replace(one, body=one.body[: ends[-1]], ends=ends, timing=timing)


def clean(number=0, *, url=OPENAI):
    """Return a recording that keeps every rule that can be looked at."""
    text = f"{TEXTS[number % len(TEXTS)]} {number}"
    return recorded(chat(text, usage=True), question(usage=True, model="gpt-4o-mini-2024-07-18"), url=url)


def fill(folder, count=20):
    """Write so many cassettes, every fifth of them cut."""
    for number in range(count):
        one = clean(number)
        store.write(
            folder / f"{number // 10}" / f"chat-{number:03}.yaml", [cut(one) if number % 5 == 4 else one]
        )
    return folder


def audit(*paths, ids=IDS, settings=Settings(), cache=None, executor="serial", **more):  # noqa: B008 a tuple
    """Return the result of an audit and everything that is said of each cassette."""
    with Run(
        [str(path) for path in paths], ids=ids, settings=settings, cache=cache, executor=executor
    ) as run:
        run.judge()
        result = run.result(**more)
        return result, list(result.results())
