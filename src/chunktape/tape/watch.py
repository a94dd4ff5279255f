"""`Watch`: what a run of tests adds to a session: whose test it is, what is closed beside, and what is noise.

A cassette that a program opens by itself has an empty one.
"""

from __future__ import annotations

import errno
from collections import Counter
from fnmatch import fnmatchcase
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from chunktape.errors import ConfigurationError, NoiseRefusedError, shorten
from chunktape.tape.interaction import Interaction
from chunktape.tape.origin import origin_of
from chunktape.wire.message import Ending, Failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chunktape.wire.message import Request

__all__ = ["Noise", "Watch", "hosts_of", "hushed", "matches"]


def hosts_of(patterns: Iterable[str]) -> tuple[str, ...]:
    """Return globs of hosts in lower case; raises `ConfigurationError` for one that no host ever matches."""
    found = tuple(one.lower() for one in patterns)
    for one in found:
        if "/" in one:
            host = urlsplit(one if "//" in one else f"//{one}").netloc.rpartition("@")[2]
            hint = f"; did you mean {host!r}?" if host else ""
            raise ConfigurationError(
                f"ignore_hosts: {shorten(repr(one))} is no host{hint}\n"
                "  it is a name or an address, with a port if wanted; * stands for any part of it"
            )
    return found


def matches(host: str, port: int | None, patterns: Iterable[str]) -> bool:
    """Return whether a host is one of these: globs in lower case, with a port if wanted."""
    return any(fnmatchcase(host, one) or fnmatchcase(f"{host}:{port}", one) for one in patterns)


class Noise:
    """Hosts whose calls are refused without failing a test, and how often each was called.

    A pattern is that of a host, and a path may follow, which counts where the path is known. One that
    begins with ``!`` takes its hosts off the list.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        lowered = [one.lower() for one in patterns]
        self._spared = tuple(one[1:] for one in lowered if one.startswith("!"))
        parts = [one.partition("/") for one in lowered if not one.startswith("!")]
        self._hosts = tuple((host, slash + path) for host, slash, path in parts)
        self._calls: Counter[str] = Counter()
        self._lock = Lock()

    def covers(self, host: str, port: int | None, path: str | None = None) -> bool:
        """Return whether a call is noise; where nobody knows its path, its host decides."""
        found = [below for one, below in self._hosts if matches(host, port, [one])]
        if not found or matches(host, port, self._spared):
            return False
        return path is None or any(not below or fnmatchcase(path.lower(), below) for below in found)

    def refuse(self, host: str) -> NoiseRefusedError:
        """Count a call, and return the error that it gets."""
        with self._lock:
            self._calls[host] += 1
        error = NoiseRefusedError(
            f"Network refused quietly: {host} is on the list of known noise (telemetry, price tables)\n"
            f'  way out: quiet_hosts = ["!{host}"] takes it off'
        )
        # What reports a connection that was refused says so in a number, too.
        error.errno = errno.ECONNREFUSED
        return error

    def take(self) -> dict[str, int]:
        """Return how often each host was called since this was asked last."""
        with self._lock:
            calls, self._calls = self._calls, Counter()
        return dict(calls)


def hushed(noise: Noise | None, request: Request) -> Interaction | None:
    """Return what a call of known noise gets, in the words of its stack: a connection that is refused."""
    origin = origin_of(request.url)
    if noise is None or origin is None or not noise.covers(*origin, urlsplit(request.url or "").path):
        return None
    failure = Failure("connect", "builtins.ConnectionRefusedError", str(noise.refuse(origin[0])), "connect")
    return Interaction(request, None, ending=Ending("error", failure=failure))


class Watch(NamedTuple):
    """What a run adds.

    `test` is the node id as it is typed, with what is to be known about it, `to_record` what records
    what was refused, and `anew` the command that records all of a cassette again, where that is this
    test's alone.
    """

    test: str | None = None
    to_record: str | None = None
    anew: str | None = None
    closes_loopback: bool = False
    noise: Noise | None = None
