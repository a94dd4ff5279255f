"""`DIFFERENCES`: in what a stream and an answer that came at once differ though they say the same.

All of it is data and stands here; `matching_response` compares by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from chunktape.dialects.detect import Dialect

__all__ = ["DIFFERENCES", "ProtocolDifference"]


class ProtocolDifference(NamedTuple):
    """One place where the protocol, and not the answer, makes the difference.

    `path` passes through lists by ``[]``; ``**`` is every place, and a dialect of None every dialect.
    What is not compared there: everything (``all``); whether there is null or nothing (``null``), or
    something empty or nothing (``empty``); whether the stream has it (``unstreamed``, for a field of
    the body itself); what is in it, of two runs (``shape``). `source` is where that is written down
    or was seen.
    """

    dialect: Dialect | None
    path: str
    uncompared: Literal["all", "null", "empty", "unstreamed", "shape"]
    why: str
    source: str


_OPENAI = "https://platform.openai.com/docs/api-reference"
_AZURE_FILTER = "https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-streaming"
_PARSED = "openai/types/chat/parsed_chat_completion.py"

DIFFERENCES: tuple[ProtocolDifference, ...] = (
    ProtocolDifference(
        None,
        "**",
        "null",
        "what has no value is null at once, and in no event; the SDKs' objects hold null for it, too",
        f"{_OPENAI}/chat/object",
    ),
    ProtocolDifference(
        "chat_completions",
        "choices[].message.content",
        "empty",
        "a stream opens with an empty text, whether words follow or only a call does",
        f"{_OPENAI}/chat-streaming/streaming",
    ),
    ProtocolDifference(
        "chat_completions",
        "choices[].message.annotations",
        "empty",
        "an empty list at once, and no event of it",
        "OpenAI and Azure, recorded 2026-01-22",
    ),
    ProtocolDifference(
        "chat_completions",
        "choices[].message.tool_calls",
        "empty",
        "some servers send an empty list at once, and no event of it",
        "vllm/entrypoints/openai/protocol.py, ChatMessage",
    ),
    ProtocolDifference(
        "chat_completions",
        "choices[].message.tool_calls[].index",
        "all",
        "only deltas are numbered; openai's own accumulator leaves the number in",
        "openai/lib/streaming/chat/_completions.py",
    ),
    ProtocolDifference(
        "chat_completions",
        "choices[].message.parsed",
        "all",
        "what openai's SDK makes of the text; no answer holds it",
        _PARSED,
    ),
    ProtocolDifference(
        "chat_completions",
        "choices[].message.tool_calls[].function.parsed_arguments",
        "all",
        "what openai's SDK makes of the arguments; no answer holds it",
        _PARSED,
    ),
    ProtocolDifference(
        "chat_completions",
        "choices[].content_filter_results",
        "all",
        "Azure filters a stream piece by piece, and a text that goes out at once as a whole",
        _AZURE_FILTER,
    ),
    ProtocolDifference(
        "chat_completions",
        "choices[].content_filter_offsets",
        "all",
        "how far Azure's filter has come, which only streams tell",
        _AZURE_FILTER,
    ),
    ProtocolDifference(
        "chat_completions",
        "usage",
        "unstreamed",
        "a stream tells it only where its `stream_options` ask for it",
        f"{_OPENAI}/chat/create",
    ),
    ProtocolDifference(
        "messages",
        "content[].input",
        "shape",
        "the arguments are the model's: of two calls, one may leave some out",
        "https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview",
    ),
    ProtocolDifference(
        "messages",
        "amazon-bedrock-invocationMetrics",
        "all",
        "Bedrock adds it to the last event of a stream, and tells it in headers otherwise",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html",
    ),
)
