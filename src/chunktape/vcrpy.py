"""The bridge for suites of vcrpy and pytest-recording: LLM streams recorded chunk by chunk, in its cassettes.

One line in ``conftest.py``::

    from chunktape.vcrpy import vcr_config  # noqa: F401

or, where there is a ``vcr_config`` already, or a `vcr.VCR`, one option::

    {"filter_headers": ["authorization"], "custom_patches": bridge}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chunktape.adapters.vcrpy import Bridge

if TYPE_CHECKING:
    from chunktape.errors import UnmatchedRequestError

__all__ = ["bridge", "missed", "vcr_config"]

_bridge = Bridge()

bridge = _bridge.patches
"""For vcrpy's ``custom_patches``; a tuple, so that ``bridge + others`` adds others."""


@pytest.fixture(scope="session")
def vcr_config() -> dict[str, Any]:
    """Return the options of pytest-recording with the bridge and nothing else."""
    return {"custom_patches": bridge}


def missed(cassette: Any) -> list[UnmatchedRequestError]:
    """Return the errors that streams without a recording got from an open cassette of vcrpy's.

    Leaving it raises the first one that nobody has seen; ``missed(cassette).clear()`` says that it
    was expected.
    """
    return _bridge.missed(cassette)
