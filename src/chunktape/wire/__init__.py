"""The ground floor: what a request and a reply are, who can answer one, and how bytes become events."""

from chunktape.wire.memory import Answer, AsyncMemoryTransport, MemoryTransport
from chunktape.wire.message import Chunk, Ending, Failure, Head, Headers, Request
from chunktape.wire.sse import Event, EventParser, events
from chunktape.wire.transport import AsyncReply, AsyncTransport, Reply, Transport

__all__ = [
    "Answer",
    "AsyncMemoryTransport",
    "AsyncReply",
    "AsyncTransport",
    "Chunk",
    "Ending",
    "Event",
    "EventParser",
    "Failure",
    "Head",
    "Headers",
    "MemoryTransport",
    "Reply",
    "Request",
    "Transport",
    "events",
]
