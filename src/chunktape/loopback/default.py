"""What the provider answers when no reply is queued: by path, and by ``stream`` in the body."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chunktape.loopback.reply import Reply, Write
from chunktape.loopback.script.chat import CHAT_MODEL, chat, complete_chat
from chunktape.loopback.script.error import error
from chunktape.loopback.script.message import MESSAGE_MODEL, complete_message, message

if TYPE_CHECKING:
    from chunktape.wire.message import Request

__all__ = ["HEALTHY", "default_reply"]

HEALTHY = Reply(headers=(("content-type", "text/plain"),), steps=(Write(b"ok"),), framing="length")

_MESSAGES = re.compile(r"/v1/messages")
_AZURE_CHAT = re.compile(r"(/openai/deployments/[^/]+|/models)/chat/completions")
_CHAT = re.compile(r"(/v1)?/chat/completions")


def default_reply(request: Request) -> Reply:
    """Return the default answer to a request: a cosy text in the format of its path.

    The model is the one that was asked for, and the usage chunk comes where it was asked for, as
    with the providers.
    """
    path = urlsplit(request.url or "").path
    if request.method != "POST":
        return _not_found(request, path)
    if _MESSAGES.fullmatch(path):
        return _message(request)
    azure = _AZURE_CHAT.fullmatch(path) is not None
    if azure or _CHAT.fullmatch(path):
        return _chat(request, azure=azure)
    return _not_found(request, path)


def _message(request: Request) -> Reply:
    asked = _asked(request)
    if asked is None:
        return error(400, provider="anthropic", message="The body is no JSON object.")
    model = str(asked.get("model") or MESSAGE_MODEL)
    return message(model=model) if asked.get("stream") else complete_message(model=model)


def _chat(request: Request, *, azure: bool) -> Reply:
    asked = _asked(request)
    if asked is None:
        return error(400, provider="azure" if azure else "openai", message="The body is no JSON object.")
    model = str(asked.get("model") or CHAT_MODEL)
    if not asked.get("stream"):
        return complete_chat(model=model, azure=azure)
    options = asked.get("stream_options")
    usage = isinstance(options, dict) and bool(options.get("include_usage"))
    return chat(model=model, azure=azure, usage=usage)


def _asked(request: Request) -> dict[str, Any] | None:
    try:
        asked = json.loads(request.body)
    except ValueError:
        return None
    return asked if isinstance(asked, dict) else None


def _not_found(request: Request, path: str) -> Reply:
    text = f"The loopback provider has no default answer to {request.method} {path}; queue one with play()."
    return error(404, message=text, code="not_found")
