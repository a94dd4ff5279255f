"""How cassettes are kept (CAS-1 … CAS-10), asked for by ``--hygiene``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chunktape.audit import hygiene_mutation as mutation
from chunktape.audit.hygiene_content import accidental, exposed, unlisted
from chunktape.audit.hygiene_cost import costly, failing, outdated
from chunktape.audit.hygiene_keeping import aged, oversized, unplayed
from chunktape.audit.hygiene_orphan import orphaned
from chunktape.audit.hygiene_rule import HygieneRule

if TYPE_CHECKING:
    from chunktape.audit.rule import Rule

__all__ = ["HYGIENE_RULES", "RULES"]

RULES: tuple[Rule, ...] = ()
"""None of these is about an exchange."""

HYGIENE_RULES: tuple[HygieneRule, ...] = (
    HygieneRule(
        id="CAS-1",
        title="a recording is not older than it may be",
        severity="warning",
        source="docs/hygiene.md; recorded_at of the cassette, or the date of the reply",
        example="recorded 200 days ago, and 90 days are allowed",
        way_out="Record it again: pytest --tape=expired with tape_max_age, or --tape=rewrite.",
        check=aged,
        mutate=mutation.age,
    ),
    HygieneRule(
        id="CAS-2",
        title="the test that made a recording is still there",
        severity="warning",
        source="docs/hygiene.md; recorded_by of the cassette",
        example="recorded_by: tests/test_app.py::test_was, and test_app.py has no test_was",
        way_out="Delete the cassette, or move it to where the test is that plays it now.",
        check=orphaned,
        mutate=mutation.forget,
    ),
    HygieneRule(
        id="CAS-3",
        title="everything that was recorded is played",
        severity="warning",
        source="docs/pytest.md#the-report",
        example="a cassette of five interactions, and no test plays more than three",
        way_out="Record it again with pytest --tape=rewrite: what nobody asks for is gone then.",
        check=unplayed,
        mutate=mutation.leave,
    ),
    HygieneRule(
        id="CAS-4",
        title="interactions and cassettes are small",
        severity="warning",
        source="docs/hygiene.md",
        example="an image of 3 MiB in a request",
        way_out="Ask for less, in a smaller size, or in cassettes of their own.",
        check=oversized,
        mutate=mutation.grow,
    ),
    HygieneRule(
        id="CAS-5",
        title="a cassette holds no secrets, and does not say whose account it was",
        severity="error",
        lesser="warning",
        source="docs/cassettes.md#redaction",
        example="authorization: Bearer sk-…, in a cassette of another tool",
        way_out="chunktape scrub --write, then revoke the key: it is in the history of the repository.",
        check=exposed,
        mutate=mutation.expose,
    ),
    HygieneRule(
        id="CAS-6",
        title="a recording was made with the SDK that is installed",
        severity="info",
        source="client of the cassette, the user agent and the api-version of the request",
        example="recorded with openai 1.50.0, and 3.52.0 is installed",
        way_out="Record it again: another release may ask for something else.",
        check=outdated,
        mutate=mutation.outdate,
    ),
    HygieneRule(
        id="CAS-7",
        title="a recording breaks no rule that fails, unless the baseline accepts it",
        severity="info",
        source="docs/hygiene.md",
        example="a stream that was cut, which tests replay as if it were whole",
        way_out="Record it again, or accept it in the baseline, with the reason.",
        check=failing,
        mutate=mutation.fail,
    ),
    HygieneRule(
        id="CAS-8",
        title="recording a cassette again costs little",
        severity="info",
        source="docs/hygiene.md; genai-prices at the time of the recording",
        example="forty answers of 8,000 tokens each",
        way_out="Ask for less, or for a smaller model; pytest --tape-max-cost stops a run that costs more.",
        check=costly,
        mutate=mutation.raise_cost,
    ),
    HygieneRule(
        id="CAS-9",
        title="a reply that is no success is meant",
        severity="warning",
        source="docs/hygiene.md",
        example="429, without a retry that went well, in test_story.yaml",
        way_out="Record it again, or say in the name of the test that it is about an error (test_429).",
        check=accidental,
        mutate=mutation.turn_away,
    ),
    HygieneRule(
        id="CAS-10",
        title="headers outside of the list hold no values",
        severity="warning",
        source="docs/cassettes.md#redaction",
        example="x-internal-user: jane, in a cassette of another tool",
        way_out="chunktape scrub --write takes them out.",
        check=unlisted,
        mutate=mutation.reveal,
    ),
)
