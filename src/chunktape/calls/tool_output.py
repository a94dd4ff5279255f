"""What a tool gave, as the text that a model reads."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from chunktape.calls.plain import plain

__all__ = ["text_of_output"]


def text_of_output(output: Any) -> str:
    """Return text as it is, a model as its JSON, and everything else as JSON."""
    if isinstance(output, str):
        return output
    if isinstance(output, BaseModel):
        return output.model_dump_json()
    return json.dumps(plain(output), ensure_ascii=False)
