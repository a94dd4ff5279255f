"""What the guard says, and to whom: the words of a refusal, and who takes note of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from chunktape.adapters.address import LOCAL_NAMES, is_local
from chunktape.adapters.scope import said_test

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunktape.adapters.scope import Judge

__all__ = ["LOOPBACK", "POOLED", "STACK", "UNRECORDED", "refuse"]

STACK = "this goes through a stack that chunktape does not record (urllib3, http.client, bare aiohttp, …)"
POOLED = "this goes through a connection that was opened before the cassette"
UNRECORDED = f"{STACK}, so a replay would refuse it"
LOOPBACK = "close_loopback closes the way to this machine as well"
CLOSED = "the guard closes the network in every test (--tape-guard=tests)"
BRIDGE = (
    "under @pytest.mark.vcr, vcrpy records urllib3, http.client and aiohttp, "
    "and chunktape.vcrpy.bridge the LLM streams beside them"
)
STACKS = "what openai, anthropic, azure-ai-inference, httpx2, httpx and requests send is"


def refuse(
    judges: Sequence[Judge], what: str, why: str, *, host: str, port: int | None, path: str | None = None
) -> NoReturn:
    """Raise `NetworkRefusedError`, which all of them have noted, unless it is noise: that is only counted."""
    noise = judges[0].watch.noise
    known = (host, *(LOCAL_NAMES if is_local(host) else ()))
    if noise is not None and any(noise.covers(one, port, path) for one in known):
        raise noise.refuse(host)
    message = (_refusal if judges[0].name else _on_the_ground)(judges, what, why, host)
    refusals = [judge.refuse(message) for judge in judges]
    raise refusals[0]


def _refusal(judges: Sequence[Judge], what: str, why: str, host: str) -> str:
    names = ", ".join(judge.name for judge in judges)
    records = judges[0].can_record
    where = (
        f"cassette: {names} ({'recording' if records else 'its record mode cannot record'})"
        if len(judges) == 1
        else f"cassettes: {names} (all open, and none of them belongs to this context)"
    )
    to_record = judges[0].watch.to_record
    another = f"\n  or: {BRIDGE}" if STACK in why else ""
    command = f"\n  to record it so: {to_record}" if another and to_record is not None else ""
    return (
        f"Network refused: {what}\n{said_test(judges)}  {where}\n  why: {why}\n"
        f'  way out: ignore_hosts=["{host}"] lets it through; '
        f"{STACKS} {'recorded' if records else 'replayed'}"
        f"{another}{command}"
    )


def _on_the_ground(judges: Sequence[Judge], what: str, why: str, host: str) -> str:
    # With no cassette there it is all the same by which stack it came.
    reason = CLOSED if why in {STACK, POOLED} else f"{CLOSED}; {why}"
    return (
        f"Network refused: {what}\n{said_test(judges)}  why: {reason}\n"
        f"  to record it: {judges[0].watch.to_record}\n"
        f'  way out: ignore_hosts = ["{host}"] for the run lets it through'
    )
