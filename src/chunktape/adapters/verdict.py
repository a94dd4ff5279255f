"""What the guard decides: whether a call that reaches for the network here is let through.

Decisions only; which functions lead here is `guard`'s and `bare`'s business, and the words are `refusal`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.adapters.address import (
    LOCAL_NAMES,
    host_text,
    is_local,
    is_numeric,
    local_ports,
    local_proxies,
    shown,
)
from chunktape.adapters.refusal import LOOPBACK, POOLED, STACK, UNRECORDED, refuse
from chunktape.adapters.scope import candidates, is_passing, judges

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chunktape.adapters.scope import Judge

__all__ = [
    "check_connect",
    "check_look_up",
    "check_request",
    "check_send",
    "forget_names",
    "is_watched",
    "remember_name",
]

# Whatever name an address was looked up by, so that `ignore_hosts` still holds when a stack
# connects by address. Cleared when the guard is taken down.
_names: dict[str, frozenset[str]] = {}


def is_watched() -> bool:
    """Return whether a call made here has to be judged at all."""
    return not is_passing() and any(not judge.can_record for judge in judges())


def remember_name(name: Any, addresses: Iterable[Any]) -> None:
    """Remember that a name that was let through stands for these addresses."""
    text = host_text(name)
    for address in addresses:
        if isinstance(address, str) and not is_numeric(text):
            _names[address] = _names.get(address, frozenset()) | {text}


def forget_names() -> None:
    """Forget every name."""
    _names.clear()


def check_connect(host: Any, port: Any) -> None:
    """Raise `NetworkRefusedError` unless a connection to this host and port may be opened here."""
    if is_watched():
        _judge("connect to", STACK, host_text(host), port)


def check_send(host: Any, port: Any, name: Any = None, *, connected: bool = True) -> None:
    """Raise `NetworkRefusedError` unless something may be sent to this peer.

    `name` is what the peer was called when the connection was opened, where anybody knows.
    """
    if is_watched():
        _judge("send to", POOLED if connected else STACK, host_text(host), port, host_text(name))


def check_request(method: str, host: Any, port: Any, path: str) -> None:
    """Raise `NetworkRefusedError` where a cassette records, and a stack asks that nobody records.

    A replay would refuse it; while recording, the doors below are open to all that the adapters send.
    """
    found = () if is_passing() else candidates()
    if found and all(session.demands_recording for session in found):
        _judge(f"{method} to", UNRECORDED, host_text(host), port, path=path)


def check_look_up(host: Any, port: Any = None, *, reverse: bool = False) -> None:
    """Raise `NetworkRefusedError` unless this name may be looked up here; `reverse` is for addresses.

    Resolvers run in threads without a context. So where several cassettes are open, a look-up
    passes if any of them lets it through: the connection is judged where it belongs.
    """
    name = host_text(host)
    if is_local(name) or (is_numeric(name) and not reverse) or not is_watched():
        return
    asked = judges()
    number = _number(port)
    if not any(judge.can_record or judge.ignores(name, number) for judge in asked):
        refuse(asked, f"look-up of {shown(name, port)}", STACK, host=name, port=number)


def _judge(action: str, cause: str, host: str, port: Any, name: str = "", *, path: str | None = None) -> None:
    asked = judges()
    for judge in asked:
        reason = _reason(judge, host, port, name, cause)
        if reason is not None:
            target = shown(host, port) if name in {"", host} else f"{shown(name, port)} ({host})"
            refuse(asked, f"{action} {target}", reason, host=name or host, port=_number(port), path=path)


def _reason(judge: Judge, host: str, port: Any, name: str, cause: str) -> str | None:
    """Return why this one refuses, or None where it lets the call through."""
    if judge.can_record and cause != UNRECORDED:
        return None
    known = _names.get(host, frozenset())
    local = is_local(host) or any(is_local(one) for one in known)
    # What is sent over a connection may be an answer to whoever came to this machine, or go to the other
    # half of a pair of sockets, so the way to it is closed to those who open one.
    closed = local and judge.watch.closes_loopback and cause != POOLED
    number = _number(port)
    names = {host, *({name} if name else known), *(LOCAL_NAMES if closed else ())}
    if any(judge.ignores(one, number) for one in names):
        return None
    if not local:
        return cause
    if number in local_ports(judge.origins):
        return f"the cassette holds {shown(host, port)}, so only the cassette may answer for it; {cause}"
    proxy = local_proxies().get(number or 0)
    if proxy is not None:
        return f"this is the proxy that {proxy} names, and the network lies behind it"
    return LOOPBACK if closed else None


def _number(port: Any) -> int | None:
    try:
        return int(port)
    except (TypeError, ValueError):
        return None
