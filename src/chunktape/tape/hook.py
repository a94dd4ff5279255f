"""`Hooks`: what a caller changes in exchanges, or leaves out, before they are kept; by vcrpy's names.

They are given what redaction has left, as frozen data, and return data of the same kind. What they
return is what is written, so the number of its chunks and the length in its head are made true again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from chunktape.errors import CassetteError, ConfigurationError, shorten
from chunktape.tape.header_value import with_length
from chunktape.tape.interaction import Interaction
from chunktape.tape.refit import refitted
from chunktape.tape.token_exchange import is_token_exchange
from chunktape.wire.message import Request, header

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Hooks", "left_out"]

_REQUEST, _RESPONSE = "before_record_request", "before_record_response"


class Hooks(NamedTuple):
    """What sees a request before it is looked up or kept, and what sees an interaction before it is kept."""

    request: Callable[[Request], Request | None] | None = None
    response: Callable[[Interaction], Interaction | None] | None = None

    @classmethod
    def of(cls, request: Any, response: Any) -> Self:
        """Return the hooks of a caller; raises `ConfigurationError` for what cannot be called."""
        for name, hook in ((_REQUEST, request), (_RESPONSE, response)):
            if hook is not None and not callable(hook):
                raise ConfigurationError(f"{name} is a function, and {shorten(repr(hook))} is none")
        return cls(request, response)

    @property
    def sees_requests(self) -> bool:
        """Whether requests are changed or left out."""
        return self.request is not None

    def on_request(self, request: Request) -> Request | None:
        """Return a redacted request as it is kept, or None where its exchange is none of the cassette's."""
        if self.request is None:
            return request
        found: Request | None = _required(self.request(request), Request, _REQUEST)
        return found

    def interaction(self, one: Interaction) -> Interaction | None:
        """Return a redacted interaction as it is kept, or None where it is not.

        Raises `CassetteError` where a hook fails: by then the answer was paid for, and has to go somewhere.
        """
        try:
            return self._changed(one)
        except Exception as error:
            what = str(error) if isinstance(error, ConfigurationError) else f"{type(error).__name__}: {error}"
            raise CassetteError(
                f"Cassette not written: a hook before recording has failed\n"
                f"  call: {one.request.method} {one.request.url}\n  it said: {what}"
            ) from error

    def _changed(self, one: Interaction) -> Interaction | None:
        request = self.on_request(one.request)
        if request is None:
            return None
        one = one if request == one.request else replace(one, request=request)
        if self.response is None:
            return one
        changed = _required(self.response(one), Interaction, _RESPONSE)
        return None if changed is None else _trued(one, changed)


def left_out(request: Request, cassette: str) -> str:
    """Return what a request gets that is left out of a cassette while nothing may go live."""
    token = is_token_exchange(request.url)
    why = "tokens of Entra are not recorded" if token else f"{_REQUEST} leaves this request out"
    way_out = (
        "give the client its credential itself, which is not asked in replay"
        if token
        else "ignore_hosts=[…] lets a host go live"
    )
    return (
        f"Network refused: {why}, and this cassette is replayed\n"
        f"  call: {request.method} {request.url}\n  cassette: {cassette}\n  way out: {way_out}"
    )


def _required(found: Any, kind: type[Any], name: str) -> Any:
    if found is None or (isinstance(found, kind) and isinstance(found.body, bytes)):
        return found
    raise ConfigurationError(
        f"{name} returned {shorten(repr(found))}\n"
        f"  it returns what dataclasses.replace(…) makes of the {kind.__name__} that it is given, "
        "with a body of bytes, or None to leave the exchange out"
    )


def _trued(one: Interaction, changed: Interaction) -> Interaction:
    """Return the interaction with chunks and a length that fit its body."""
    body, head = changed.body, changed.head
    if (
        head is not None
        and one.head is not None
        and header(head.headers, "content-length") == header(one.head.headers, "content-length")
    ):
        head = replace(head, headers=with_length(head.headers, len(one.body), len(body)))
    if changed.ends == one.ends and body != one.body:
        changed = replace(refitted(replace(changed, body=one.body), body), body=body)
    elif not _fits(changed):
        raise ConfigurationError(
            f"{_RESPONSE} returned chunks that do not fit the body or its times\n"
            "  way out: leave ends and timing as they are; they follow the body"
        )
    return replace(changed, head=head)


def _fits(one: Interaction) -> bool:
    ends = one.ends
    times = ends if one.timing is None else one.timing.at
    return (
        list(ends) == sorted(ends) and (ends[-1] if ends else 0) == len(one.body) and len(times) == len(ends)
    )
