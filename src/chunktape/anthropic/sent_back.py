"""What goes back to Anthropic of an answer: the message that it was, and what its tools gave.

The API takes the blocks that it sent, in order, and refuses fields that its request schema does not
know. That schema is the SDK's: ``anthropic/types/*_param.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.anthropic.sdk import BLOCK_PARAMS, CITATION_PARAMS
from chunktape.calls.tool_output import text_of_output
from chunktape.dialects.message_block import CALLS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chunktape.calls.tool import BaseTool

__all__ = ["NOTHING", "message_param_of", "tool_message_params"]

NOTHING = "(no answer)"


def message_param_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer as a message to send back: each block with what the API takes of it.

    Left out is text that is blank, which the API refuses, as it refuses a message without blocks: an
    answer that says nothing at all goes back as the text `NOTHING`. A block of a kind that nobody knows stays
    as it is. Arguments that are no JSON object go back as Anthropic asks for them, under
    ``INVALID_JSON`` (https://platform.claude.com/docs/en/agents-and-tools/tool-use/fine-grained-tool-streaming).
    """
    content = body.get("content")
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    blocks = content if isinstance(content, list) else []
    found = [_sent_back(one) for one in blocks if not _is_blank(one)]
    return {"role": "assistant", "content": found or [{"type": "text", "text": NOTHING}]}


def _is_blank(block: Any) -> bool:
    if not isinstance(block, dict):
        return True
    return block.get("type") == "text" and not str(block.get("text") or "").strip()


def _sent_back(block: dict[str, Any]) -> dict[str, Any]:
    kind = block.get("type")
    found = _taken(block, BLOCK_PARAMS)
    if kind == "text" and isinstance(found.get("citations"), list):
        found["citations"] = [_citation(one) for one in found["citations"]]
    if kind in CALLS and not isinstance(found.get("input"), dict):
        found["input"] = {"INVALID_JSON": found.get("input", "")}
    return found


def _citation(citation: Any) -> Any:
    if not isinstance(citation, dict):
        return citation
    fields = _fields(CITATION_PARAMS, citation.get("type"))
    return {name: one for name, one in citation.items() if fields is None or name in fields}


def _taken(block: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """Return a block without the fields that the request schema does not have, and without nulls."""
    fields = _fields(params, block.get("type"))
    if fields is None:
        return dict(block)
    return {name: value for name, value in block.items() if name in fields and value is not None}


def _fields(params: dict[str, Any], kind: Any) -> frozenset[str] | None:
    param = params.get(kind) if isinstance(kind, str) else None
    return None if param is None else frozenset(param.__annotations__)


def tool_message_params(tools_and_outputs: Sequence[tuple[BaseTool, Any]]) -> list[dict[str, Any]]:
    """Return one message with what all tools gave, in a list; no message where there are none.

    The API wants the results of one answer in one message. An output is text, or what can be made
    text; that of a tool that could not be carried out is marked as an error.
    """
    results = [_result(tool, output) for tool, output in tools_and_outputs]
    return [{"role": "user", "content": results}] if results else []


def _result(tool: BaseTool, output: Any) -> dict[str, Any]:
    # Not `tool.id` and `tool.error`: a tool may have arguments of these names.
    result: dict[str, Any] = {"type": "tool_result", "tool_use_id": tool._call_id()}  # noqa: SLF001 - as said above
    text = text_of_output(output)
    if text.strip():
        result["content"] = [{"type": "text", "text": text}]
    if tool._problem() is not None:  # noqa: SLF001 - as said above
        result["is_error"] = True
    return result
