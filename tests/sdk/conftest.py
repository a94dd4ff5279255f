from __future__ import annotations

import logging

import pytest
from clients import CASES


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request):
    """Return one client of the three SDKs."""
    return request.param


@pytest.fixture(autouse=True)
def _quiet():
    """Keep the SDKs' own log lines about broken connections out of the output."""
    logging.getLogger("azure").setLevel(logging.CRITICAL)
