"""Which fields an SDK's models know, written down once with its version, because no audit imports an SDK.

`sdk_model.json` is made by `tests/support/pin_sdk_models.py`.
"""

from __future__ import annotations

import json
from importlib.resources import files

__all__ = ["OPENAI_CHUNK", "OPENAI_VERSION"]

_PINNED = json.loads((files("chunktape.audit") / "sdk_model.json").read_text(encoding="utf-8"))

OPENAI_VERSION: str = _PINNED["openai"]["version"]
"""The version of the openai package that the fields are of."""

OPENAI_CHUNK: dict[str, frozenset[str]] = {
    name: frozenset(model["fields"]) for name, model in _PINNED["openai"]["models"].items()
}
"""The fields of each model of a chunk, by the model's name."""
