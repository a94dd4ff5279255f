"""`Settings`: what is to be looked at in a cassette, and by which profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from chunktape.audit.host_profile import HostProfile

__all__ = ["MOST_BYTES", "Settings"]

MOST_BYTES = 16 << 20
"""The biggest body that is judged: rules need seven times its size in memory."""


class Settings(NamedTuple):
    """What is to be looked at, and by which profiles; the same settings and bytes give the same result.

    `rules` are ids, None for all. `profiles` are tried before those that come along; `forced` is one for
    every host. Bodies of more than `most_bytes` are not judged.
    """

    rules: frozenset[str] | None = None
    profiles: tuple[HostProfile, ...] = ()
    forced: HostProfile | None = None
    most_bytes: int = MOST_BYTES
