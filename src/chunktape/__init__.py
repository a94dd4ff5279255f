"""chunktape: record the byte stream of an LLM provider once, and play it back forever."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chunktape.adapters.live import AsyncLiveTransport, LiveTransport
    from chunktape.adapters.plug import async_azure_transport, async_http_client, azure_transport, http_client
    from chunktape.calls.call import StreamConfig
    from chunktape.calls.chunk import BaseCallResponseChunk
    from chunktape.calls.cost import calculate_cost
    from chunktape.calls.cost_metadata import CostMetadata
    from chunktape.calls.dynamic_config import BaseDynamicConfig
    from chunktape.calls.extraction import FromCallArgs, ResponseModelConfigDict
    from chunktape.calls.matching_response import assert_stream_matches_response
    from chunktape.calls.merge_decorators import merge_decorators
    from chunktape.calls.message import BaseMessageParam, Messages
    from chunktape.calls.params import BaseCallParams, CommonCallParams
    from chunktape.calls.part import (
        AudioPart,
        AudioURLPart,
        CacheControlPart,
        DocumentPart,
        DocumentURLPart,
        ImagePart,
        ImageURLPart,
        TextPart,
        ToolCallPart,
        ToolResultPart,
    )
    from chunktape.calls.price import Cost, PriceTable, use_prices
    from chunktape.calls.prompt import BasePrompt, Metadata, metadata, prompt_template
    from chunktape.calls.response import BaseCallResponse
    from chunktape.calls.stream import BaseStream
    from chunktape.calls.structured import BaseStructuredStream
    from chunktape.calls.tool import BaseTool, ToolConfig
    from chunktape.calls.toolkit import BaseToolKit, toolkit_tool
    from chunktape.calls.usage import FinishReason, LocalProvider, Provider, Usage
    from chunktape.errors import (
        CassetteError,
        CassetteWarning,
        ChunktapeError,
        ConfigurationError,
        FaultError,
        NetworkRefusedError,
        ProviderStreamError,
        RecordingExhaustedError,
        ResponseModelError,
        SecretFoundError,
        StreamInterruptedError,
        StreamNotConsumedError,
        ToolError,
        TransportError,
        UnmatchedRequestError,
    )
    from chunktape.recorder import use_cassette
    from chunktape.tape.cassette import Cassette
    from chunktape.tape.fault_transport import AsyncFaultTransport, FaultTransport
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.saving import save
    from chunktape.tape.session import Session
    from chunktape.tape.transport import (
        AsyncRecordTransport,
        AsyncReplayTransport,
        RecordTransport,
        ReplayTransport,
    )
    from chunktape.wire.memory import Answer, AsyncMemoryTransport, MemoryTransport
    from chunktape.wire.message import Chunk, Ending, Failure, Head, Request
    from chunktape.wire.transport import AsyncReply, AsyncTransport, Reply, Transport

# Imported when asked for: pytest loads this package with its plugins, whoever uses it or not.
_HOMES = {
    "Answer": "wire.memory",
    "AsyncFaultTransport": "tape.fault_transport",
    "AsyncLiveTransport": "adapters.live",
    "AsyncMemoryTransport": "wire.memory",
    "AsyncRecordTransport": "tape.transport",
    "AsyncReplayTransport": "tape.transport",
    "AsyncReply": "wire.transport",
    "AsyncTransport": "wire.transport",
    "AudioPart": "calls.part",
    "AudioURLPart": "calls.part",
    "BaseCallParams": "calls.params",
    "BaseCallResponse": "calls.response",
    "BaseCallResponseChunk": "calls.chunk",
    "BaseDynamicConfig": "calls.dynamic_config",
    "BaseMessageParam": "calls.message",
    "BasePrompt": "calls.prompt",
    "BaseStream": "calls.stream",
    "BaseStructuredStream": "calls.structured",
    "BaseTool": "calls.tool",
    "BaseToolKit": "calls.toolkit",
    "CacheControlPart": "calls.part",
    "Cassette": "tape.cassette",
    "CassetteError": "errors",
    "CassetteWarning": "errors",
    "Chunk": "wire.message",
    "ChunktapeError": "errors",
    "CommonCallParams": "calls.params",
    "ConfigurationError": "errors",
    "Cost": "calls.price",
    "CostMetadata": "calls.cost_metadata",
    "DocumentPart": "calls.part",
    "DocumentURLPart": "calls.part",
    "Ending": "wire.message",
    "Failure": "wire.message",
    "FaultError": "errors",
    "FaultTransport": "tape.fault_transport",
    "FinishReason": "calls.usage",
    "FromCallArgs": "calls.extraction",
    "Head": "wire.message",
    "ImagePart": "calls.part",
    "ImageURLPart": "calls.part",
    "Interaction": "tape.interaction",
    "LiveTransport": "adapters.live",
    "LocalProvider": "calls.usage",
    "MemoryTransport": "wire.memory",
    "Messages": "calls.message",
    "Metadata": "calls.prompt",
    "NetworkRefusedError": "errors",
    "PriceTable": "calls.price",
    "Provider": "calls.usage",
    "ProviderStreamError": "errors",
    "RecordTransport": "tape.transport",
    "RecordingExhaustedError": "errors",
    "ReplayTransport": "tape.transport",
    "Reply": "wire.transport",
    "Request": "wire.message",
    "ResponseModelConfigDict": "calls.extraction",
    "ResponseModelError": "errors",
    "SecretFoundError": "errors",
    "Session": "tape.session",
    "StreamConfig": "calls.call",
    "StreamInterruptedError": "errors",
    "StreamNotConsumedError": "errors",
    "TextPart": "calls.part",
    "ToolCallPart": "calls.part",
    "ToolConfig": "calls.tool",
    "ToolError": "errors",
    "ToolResultPart": "calls.part",
    "Transport": "wire.transport",
    "TransportError": "errors",
    "UnmatchedRequestError": "errors",
    "Usage": "calls.usage",
    "assert_stream_matches_response": "calls.matching_response",
    "async_azure_transport": "adapters.plug",
    "async_http_client": "adapters.plug",
    "azure_transport": "adapters.plug",
    "calculate_cost": "calls.cost",
    "http_client": "adapters.plug",
    "merge_decorators": "calls.merge_decorators",
    "metadata": "calls.prompt",
    "prompt_template": "calls.prompt",
    "save": "tape.saving",
    "toolkit_tool": "calls.toolkit",
    "use_cassette": "recorder",
    "use_prices": "calls.price",
}
_PROVIDERS = frozenset({"anthropic", "azure", "base", "openai"})

__all__ = [
    "Answer",
    "AsyncFaultTransport",
    "AsyncLiveTransport",
    "AsyncMemoryTransport",
    "AsyncRecordTransport",
    "AsyncReplayTransport",
    "AsyncReply",
    "AsyncTransport",
    "AudioPart",
    "AudioURLPart",
    "BaseCallParams",
    "BaseCallResponse",
    "BaseCallResponseChunk",
    "BaseDynamicConfig",
    "BaseMessageParam",
    "BasePrompt",
    "BaseStream",
    "BaseStructuredStream",
    "BaseTool",
    "BaseToolKit",
    "CacheControlPart",
    "Cassette",
    "CassetteError",
    "CassetteWarning",
    "Chunk",
    "ChunktapeError",
    "CommonCallParams",
    "ConfigurationError",
    "Cost",
    "CostMetadata",
    "DocumentPart",
    "DocumentURLPart",
    "Ending",
    "Failure",
    "FaultError",
    "FaultTransport",
    "FinishReason",
    "FromCallArgs",
    "Head",
    "ImagePart",
    "ImageURLPart",
    "Interaction",
    "LiveTransport",
    "LocalProvider",
    "MemoryTransport",
    "Messages",
    "Metadata",
    "NetworkRefusedError",
    "PriceTable",
    "Provider",
    "ProviderStreamError",
    "RecordTransport",
    "RecordingExhaustedError",
    "ReplayTransport",
    "Reply",
    "Request",
    "ResponseModelConfigDict",
    "ResponseModelError",
    "SecretFoundError",
    "Session",
    "StreamConfig",
    "StreamInterruptedError",
    "StreamNotConsumedError",
    "TextPart",
    "ToolCallPart",
    "ToolConfig",
    "ToolError",
    "ToolResultPart",
    "Transport",
    "TransportError",
    "UnmatchedRequestError",
    "Usage",
    "assert_stream_matches_response",
    "async_azure_transport",
    "async_http_client",
    "azure_transport",
    "calculate_cost",
    "http_client",
    "merge_decorators",
    "metadata",
    "prompt_template",
    "save",
    "toolkit_tool",
    "use_cassette",
    "use_prices",
]


def __getattr__(name: str) -> Any:
    if name in _PROVIDERS:
        return import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES, *_PROVIDERS])
