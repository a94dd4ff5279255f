"""A scripted LLM provider on 127.0.0.1, to record from: every byte and every gap as the script says.

`Provider` is the server, `Reply` and its steps say what goes over the wire, and the functions of
`script` build replies in the formats of OpenAI, Anthropic and Azure.
"""

from chunktape.loopback.provider import Provider
from chunktape.loopback.reply import Disconnect, Finish, Hang, Pause, Reply, Reset, Step, Write
from chunktape.loopback.script import (
    COSY_TEXT,
    chat,
    complete_chat,
    complete_message,
    error,
    error_event,
    message,
    raw,
)

__all__ = [
    "COSY_TEXT",
    "Disconnect",
    "Finish",
    "Hang",
    "Pause",
    "Provider",
    "Reply",
    "Reset",
    "Step",
    "Write",
    "chat",
    "complete_chat",
    "complete_message",
    "error",
    "error_event",
    "message",
    "raw",
]
