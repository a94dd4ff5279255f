"""Ready-made replies in the wire formats of the providers; every value in them is invented.

Ids, times and counts are fixed, so what is recorded from them is the same each time.
"""

from chunktape.loopback.script.chat import chat, complete_chat
from chunktape.loopback.script.error import error, error_event
from chunktape.loopback.script.message import complete_message, message
from chunktape.loopback.script.stream import raw
from chunktape.loopback.script.text import COSY_TEXT

__all__ = [
    "COSY_TEXT",
    "chat",
    "complete_chat",
    "complete_message",
    "error",
    "error_event",
    "message",
    "raw",
]
