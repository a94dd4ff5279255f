"""chunktape: record the byte stream of an LLM provider once, and play it back forever."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chunktape.adapters.live import AsyncLiveTransport, LiveTransport
    from chunktape.adapters.plug import (
        async_azure_transport,
        async_http_client,
        azure_transport,
        http_client,
    )
    from chunktape.errors import (
        CassetteError,
        CassetteWarning,
        ChunktapeError,
        ConfigurationError,
        NetworkRefusedError,
        RecordingExhaustedError,
        SecretFoundError,
        TransportError,
        UnmatchedRequestError,
    )
    from chunktape.recorder import use_cassette
    from chunktape.tape.cassette import Cassette
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
    "AsyncLiveTransport": "adapters.live",
    "AsyncMemoryTransport": "wire.memory",
    "AsyncRecordTransport": "tape.transport",
    "AsyncReplayTransport": "tape.transport",
    "AsyncReply": "wire.transport",
    "AsyncTransport": "wire.transport",
    "Cassette": "tape.cassette",
    "CassetteError": "errors",
    "CassetteWarning": "errors",
    "Chunk": "wire.message",
    "ChunktapeError": "errors",
    "ConfigurationError": "errors",
    "Ending": "wire.message",
    "Failure": "wire.message",
    "Head": "wire.message",
    "Interaction": "tape.interaction",
    "LiveTransport": "adapters.live",
    "MemoryTransport": "wire.memory",
    "NetworkRefusedError": "errors",
    "RecordTransport": "tape.transport",
    "RecordingExhaustedError": "errors",
    "ReplayTransport": "tape.transport",
    "Reply": "wire.transport",
    "Request": "wire.message",
    "SecretFoundError": "errors",
    "Session": "tape.session",
    "Transport": "wire.transport",
    "TransportError": "errors",
    "UnmatchedRequestError": "errors",
    "async_azure_transport": "adapters.plug",
    "async_http_client": "adapters.plug",
    "azure_transport": "adapters.plug",
    "http_client": "adapters.plug",
    "save": "tape.saving",
    "use_cassette": "recorder",
}

__all__ = [
    "Answer",
    "AsyncLiveTransport",
    "AsyncMemoryTransport",
    "AsyncRecordTransport",
    "AsyncReplayTransport",
    "AsyncReply",
    "AsyncTransport",
    "Cassette",
    "CassetteError",
    "CassetteWarning",
    "Chunk",
    "ChunktapeError",
    "ConfigurationError",
    "Ending",
    "Failure",
    "Head",
    "Interaction",
    "LiveTransport",
    "MemoryTransport",
    "NetworkRefusedError",
    "RecordTransport",
    "RecordingExhaustedError",
    "ReplayTransport",
    "Reply",
    "Request",
    "SecretFoundError",
    "Session",
    "Transport",
    "TransportError",
    "UnmatchedRequestError",
    "async_azure_transport",
    "async_http_client",
    "azure_transport",
    "http_client",
    "save",
    "use_cassette",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
