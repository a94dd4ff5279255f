"""Cassettes that are kept well, from the loopback scripts, and the setting that judges them."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

from audit_evidence import STARTED
from audited_cassettes import scripted

from chunktape.audit.hygiene_case import HygieneCase
from chunktape.audit.hygiene_setting import HygieneSetting
from chunktape.audit.unplayed import Unplayed
from chunktape.tape.cassette_text import cassette_lines
from chunktape.tape.redaction import Redaction

OWNER = "tests/test_app.py::test_story"
PATH = "cassette.yaml"
INSTALLED = {"openai": "3.52.0", "anthropic": "2.11.0", "azure-ai-inference": "1.0.0b9"}


def setting(root, **more):
    """Return what judges them: a day later, with the SDKs that made them."""
    known = {
        "now": STARTED + timedelta(days=1),
        "root": str(root),
        "unplayed": {os.path.abspath(PATH): Unplayed()},  # noqa: PTH100 as the rule does
        "installed": INSTALLED,
        "api_versions": {"anthropic": "2026-10-21", "azure-ai-inference": "2024-05-01-preview"},
    }
    return HygieneSetting(**(known | more))


def written(interactions):
    """Return the bytes of their file."""
    return b"".join(cassette_lines(interactions))


def owned(interactions, *, by=OWNER):
    """Return recordings as chunktape writes them, which say who has made them, and with which SDK."""
    redaction = Redaction(environ={})
    return tuple(
        replace(
            redaction.interaction(one),
            recorded_by=by,
            client="anthropic/2.11.0" if "anthropic" in one.request.url else "openai/3.52.0",
        )
        for one in interactions
    )


def case(interactions, root, *, path=PATH, text=None, findings=(), **more):
    """Return a case; its test stands below the root."""
    judged_by = setting(root, **more)
    return HygieneCase(
        path, interactions, text=text or written(interactions), setting=judged_by, findings=findings
    )


def stage(root):
    """Write the test that the recordings name."""
    (root / "tests").mkdir(exist_ok=True)
    (root / "tests" / "test_app.py").write_text("def test_story():\n    pass\n")
    return root


SCRIPTED = {name: owned(found) for name, found in scripted().items()}
