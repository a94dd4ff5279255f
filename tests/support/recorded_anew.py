"""The same scripted answers once more, as a provider would send them: with all that it makes anew."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from chunktape.loopback import Write

__all__ = ["in_one_write", "in_small_writes", "made_anew"]

_IDS = re.compile(rb"(chatcmpl-|call_|msg_|toolu_)loopback([0-9]+)")
_CREATED = re.compile(rb'"created":1795168800')
_SIGNATURE = re.compile(rb'"signature":"[^"]+"')
_HEADERS = {
    "date": "Fri, 20 Nov 2026 10:00:07 GMT",
    "x-request-id": "req_another",
    "request-id": "req_another",
}


def made_anew(reply):
    """Return a reply with other ids, times, fingerprints, signatures, padding and headers."""
    headers = tuple((name, _HEADERS.get(name, value)) for name, value in reply.headers)
    return _written(reply, _anew(_body(reply)), headers=headers)


def in_one_write(reply):
    """Return a reply that comes at once."""
    return _written(reply, _body(reply))


def in_small_writes(reply):
    """Return a reply in pieces that end wherever they like, in the middle of events and characters."""
    body = _body(reply)
    return _written(reply, *(body[start : start + 37] for start in range(0, len(body), 37)))


def _body(reply):
    return b"".join(step.data for step in reply.steps if isinstance(step, Write))


def _written(reply, *pieces, **more):
    steps = [Write(piece) for piece in pieces]
    return replace(reply, steps=(*steps, *(one for one in reply.steps if not isinstance(one, Write))), **more)


def _anew(body):
    body = _IDS.sub(rb"\1another9\2", body)
    body = _CREATED.sub(b'"created":1795168807', body).replace(b'"fp_loopback"', b'"fp_another9"')
    body = _SIGNATURE.sub(b'"signature":"YW5vdGhlci1pbnZlbnRlZC1zaWduYXR1cmU="', body)
    lines = body.split(b"\n")
    return b"\n".join(_padded(line, number) for number, line in enumerate(lines))


def _padded(line, number):
    """Return an event of OpenAI's with the padding that hides its length."""
    if not line.startswith(b"data: {") or b'"chat.completion.chunk"' not in line:
        return line
    event = json.loads(line.removeprefix(b"data: ")) | {"obfuscation": "x" * (1 + number % 7)}
    return b"data: " + json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
