"""What the guard decides: whether a call that reaches for the network here is let through.

Decisions and their words only; which functions lead here is `guard`'s business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chunktape.adapters.address import host_text, is_local, is_numeric, local_ports, local_proxies, shown
from chunktape.adapters.scope import candidates, is_passing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chunktape.adapters.scope import Session

__all__ = ["check_connect", "check_look_up", "check_send", "forget_names", "is_watched", "remember_name"]

STACK = "this goes through a stack that chunktape does not record (urllib3, http.client, bare aiohttp, …)"
POOLED = "this goes through a connection that was opened before the cassette"
BRIDGE = (
    "under @pytest.mark.vcr, vcrpy records urllib3, http.client and aiohttp, "
    "and chunktape.vcrpy.bridge the LLM streams beside them"
)
REPLAYED = "what openai, anthropic, azure-ai-inference, httpx2, httpx and requests send is replayed"

# Whatever name an address was looked up by, so that `ignore_hosts` still holds when a stack
# connects by address. Cleared when the guard is taken down.
_names: dict[str, frozenset[str]] = {}


def is_watched() -> bool:
    """Return whether a call made here has to be judged at all."""
    return not is_passing() and any(not session.can_record for session in candidates())


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


def check_look_up(host: Any, port: Any = None, *, reverse: bool = False) -> None:
    """Raise `NetworkRefusedError` unless this name may be looked up here; `reverse` is for addresses.

    Resolvers run in threads without a context. So where several cassettes are open, a look-up
    passes if any of them lets it through: the connection is judged where it belongs.
    """
    name = host_text(host)
    if is_local(name) or (is_numeric(name) and not reverse) or not is_watched():
        return
    sessions = candidates()
    number = _number(port)
    if not any(session.can_record or session.ignores(name, number) for session in sessions):
        _refuse(sessions, f"look-up of {shown(name, port)}", STACK, _ignoring(name))


def _judge(action: str, cause: str, host: str, port: Any, name: str = "") -> None:
    sessions = candidates()
    for session in sessions:
        reason = None if session.can_record else _reason(session, host, port, name, cause)
        if reason is not None:
            target = shown(host, port) if name in {"", host} else f"{shown(name, port)} ({host})"
            _refuse(sessions, f"{action} {target}", reason, _ignoring(name or host))


def _reason(session: Session, host: str, port: Any, name: str, cause: str) -> str | None:
    """Return why this session refuses, or None where it lets the call through."""
    known = _names.get(host, frozenset())
    number = _number(port)
    if any(session.ignores(one, number) for one in ({host, name} if name else {host, *known})):
        return None
    if not (is_local(host) or any(is_local(one) for one in known)):
        return cause
    if number in local_ports(session.origins):
        return f"the cassette holds {shown(host, port)}, so only the cassette may answer for it; {cause}"
    proxy = local_proxies().get(number or 0)
    return None if proxy is None else f"this is the proxy that {proxy} names, and the network lies behind it"


def _refuse(sessions: tuple[Session, ...], what: str, why: str, way_out: str) -> None:
    names = ", ".join(session.name for session in sessions)
    where = (
        f"cassette: {names} (its record mode cannot record)"
        if len(sessions) == 1
        else f"cassettes: {names} (all open, and none of them belongs to this context)"
    )
    another = f"\n  or: {BRIDGE}" if STACK in why else ""
    message = f"Network refused: {what}\n  {where}\n  why: {why}\n  way out: {way_out}{another}"
    refusals = [session.refuse(message) for session in sessions]
    raise refusals[0]


def _ignoring(host: str) -> str:
    return f'ignore_hosts=["{host}"] lets it through; {REPLAYED}'


def _number(port: Any) -> int | None:
    try:
        return int(port)
    except (TypeError, ValueError):
        return None
