"""Fixtures that every room's tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.loopback import Provider

pytest_plugins = ["pytester"]


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Return a running loopback provider."""
    from chunktape.loopback import Provider

    with Provider() as running:
        yield running
