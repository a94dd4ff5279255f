"""How many messages and responses all rules judge, and measure, in a second of one core; run it by hand.

PYTHONPATH=src:tests/support python tests/benchmarks/audit_messages.py
"""

from __future__ import annotations

from statistics import median
from time import process_time

import audited_messages
import audited_responses
from audit_evidence import exchange

from chunktape.audit.metrics import metrics_of
from chunktape.audit.rules import all_rules
from chunktape.audit.rules.xch import CASSETTE_RULES

ROUNDS = 9
AT_LEAST = 200
RULES = all_rules()


def judged(one):
    """Let all rules look at a recording, which is parsed for it."""
    looked_at = exchange(one)
    for rule in RULES:
        if rule.applies(looked_at):
            list(rule.check(looked_at))
    for rule in CASSETTE_RULES:
        list(rule.check([looked_at]))
    return looked_at


def measured(one):
    """Judge a recording, and make its metrics with the cost."""
    return metrics_of(judged(one))


def per_second(work, recordings):
    """Return how many recordings are worked on in a second of this process."""
    rounds = -(-AT_LEAST // len(recordings))
    started = process_time()
    for one in recordings * rounds:
        work(one)
    return len(recordings) * rounds / (process_time() - started)


for name, module in (("messages", audited_messages), ("responses", audited_responses)):
    for kind, found in (("scripted", module.scripted()), ("recorded", module.of_the_corpus())):
        recordings = list(found.values())
        if recordings:
            events = sum(len(exchange(one).frames) for one in recordings) / len(recordings)
            speeds = [
                f"{median(per_second(work, recordings) for _ in range(ROUNDS)):,.0f} {work.__name__}"
                for work in (judged, measured)
            ]
            print(f"{kind} {name}, {events:.0f} events each: {', '.join(speeds)} in a second")  # noqa: T201
