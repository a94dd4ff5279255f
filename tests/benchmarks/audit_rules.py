"""How many recordings all rules judge in a second of one core; run it by hand.

PYTHONPATH=src:tests/support python tests/benchmarks/audit_rules.py
"""

from __future__ import annotations

from statistics import median
from time import process_time

from audit_evidence import exchange
from audited_chat import LOOPBACK, STREAMS, kept

from chunktape.audit.rules import all_rules

ROUNDS = 15
RULES = all_rules()


def judged(recordings):
    """Return how many of these are judged in a second."""
    started = process_time()
    for one in recordings:
        looked_at = exchange(one)
        for rule in RULES:
            if rule.applies(looked_at):
                list(rule.check(looked_at))
    return len(recordings) / (process_time() - started)


for name, recordings in (("scripted", LOOPBACK), ("recorded", [kept(one) for one in STREAMS])):
    if recordings:
        events = sum(len(exchange(one).frames) for one in recordings) / len(recordings)
        speed = median(judged(recordings) for _ in range(ROUNDS))
        print(f"{name}: {speed:,.0f} of {events:.0f} events each, in a second, by {len(RULES)} rules")  # noqa: T201
