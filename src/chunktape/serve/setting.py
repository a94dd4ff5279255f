"""What a server is told about itself: paces, orders, limits, and whom it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chunktape.tape.pace import Pace

if TYPE_CHECKING:
    from chunktape.serve.visit import Order
    from chunktape.tape.fault_plan import Faults

__all__ = ["Limits", "Settings"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may cost: bytes of a body, and seconds until a head or a body has to be there."""

    body: int = 32_000_000
    head_seconds: float = 10.0
    body_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How requests are answered where they do not say otherwise themselves.

    `hosts` are names by which the server may be called besides those of the loopback interface.
    """

    pace: Pace = field(default_factory=lambda: Pace(1.0))
    order: Order = "loop"
    faults: Faults | None = None
    hosts: frozenset[str] = frozenset()
    limits: Limits = Limits()
