"""Faults on demand: a stream that breaks, stalls, stutters or comes in other pieces.

For ``faults=`` of `use_cassette` and `FaultTransport`, as short text or as these objects.
"""

from chunktape.tape.fault import Chain, Fault, Place, Times, byte, event, percent
from chunktape.tape.fault_body import Cut, Disconnect, Duplicate, Garble, NoEnd, Reset, StreamError, every_cut
from chunktape.tape.fault_boundary import CRLF, Coalesce, Split
from chunktape.tape.fault_reply import Refused, Stall, Status, Timeout
from chunktape.tape.fault_text import parse

__all__ = [
    "CRLF",
    "Chain",
    "Coalesce",
    "Cut",
    "Disconnect",
    "Duplicate",
    "Fault",
    "Garble",
    "NoEnd",
    "Place",
    "Refused",
    "Reset",
    "Split",
    "Stall",
    "Status",
    "StreamError",
    "Timeout",
    "Times",
    "byte",
    "event",
    "every_cut",
    "parse",
    "percent",
]
