"""Writes down the fields of the installed SDK's models of a chunk; run it by hand."""

from __future__ import annotations

import json
from pathlib import Path

import openai
from openai.types.chat import chat_completion_chunk

PLACE = Path(__file__).parents[2] / "src" / "chunktape" / "audit" / "sdk_model.json"
MODELS = (
    *("ChatCompletionChunk", "Choice", "ChoiceDelta", "ChoiceDeltaToolCall", "ChoiceDeltaToolCallFunction"),
)


def models():
    """Return the models of this environment's SDK, as they are written down."""
    found = {}
    for name in MODELS:
        fields = getattr(chat_completion_chunk, name).model_fields
        required = sorted(field for field, one in fields.items() if one.is_required())
        found[name] = {"fields": sorted(fields), "required": required}
    return {"openai": {"version": openai.__version__, "models": found}}


if __name__ == "__main__":
    PLACE.write_text(json.dumps(models(), indent=2) + "\n", encoding="utf-8")
