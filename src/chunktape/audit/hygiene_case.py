"""`HygieneCase`: one cassette as its keeping is judged; what is made of it is made once for all rules."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chunktape.audit.exchange import Exchange
from chunktape.audit.metrics import metrics_of
from chunktape.errors import CassetteError
from chunktape.tape import codec
from chunktape.tape.cassette_text import cassette_lines
from chunktape.tape.scrub import scrubbed
from chunktape.tape.sighting import Inspection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunktape.audit.finding import Finding
    from chunktape.audit.hygiene_setting import HygieneSetting
    from chunktape.audit.metrics import StreamMetrics
    from chunktape.tape.entry import Entry
    from chunktape.tape.interaction import Interaction
    from chunktape.tape.scrub import Scrubbed

__all__ = ["HygieneCase"]


class HygieneCase:
    """One cassette: its path, its interactions, the bytes of its file, and what all are judged by.

    `findings` are what an audit has found in it and nobody has accepted, None where there was none;
    `metrics` are made here where they are not given.
    """

    def __init__(
        self,
        path: str,
        interactions: Sequence[Interaction],
        *,
        text: bytes,
        setting: HygieneSetting,
        findings: Sequence[Finding] | None = None,
        metrics: Sequence[StreamMetrics] | None = None,
    ) -> None:
        self.path = path
        self.interactions = tuple(interactions)
        self.setting = setting
        self.findings = findings
        self._text = text
        self._metrics = metrics

    def but(self, **changes: Any) -> HygieneCase:
        """Return the same case with something else in it; other interactions bring their text along."""
        known: dict[str, Any] = {
            "interactions": self.interactions,
            "setting": self.setting,
            "findings": self.findings,
            "text": self._text,
        }
        if "interactions" in changes and "text" not in changes:
            changes["text"] = b"".join(cassette_lines(changes["interactions"]))
        return HygieneCase(self.path, **(known | changes))

    @property
    def place(self) -> str:
        """The absolute path of the file."""
        return os.path.abspath(self.path)  # noqa: PTH100 - for each of a million

    @cached_property
    def text(self) -> bytes:
        """The text of the file, unpacked."""
        return codec.unpacked(self._text, name=self.path)

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The interactions as rules look at them."""
        return tuple(
            Exchange(one, cassette=self.path, number=number)
            for number, one in enumerate(self.interactions, start=1)
        )

    @cached_property
    def metrics(self) -> tuple[StreamMetrics, ...]:
        """The metrics of all interactions."""
        return tuple(map(metrics_of, self.exchanges) if self._metrics is None else self._metrics)

    @cached_property
    def scrubbed(self) -> Scrubbed:
        """The cassette without secrets, and what was taken out."""
        setting = self.setting
        # One for each cassette: it remembers the keys that it has seen.
        inspection = Inspection(more=setting.redact, environ=setting.environ)
        return scrubbed(self.interactions, self.text, inspection)

    @cached_property
    def _entries(self) -> list[Entry]:
        try:
            return codec.entries(self._text, name=self.path)
        except CassetteError:
            # Who gave the interactions has read them from elsewhere.
            return []

    def line(self, number: int, path: str = "") -> int | None:
        """Return the line of something in an interaction, None where nobody knows; the number is from 1."""
        if not 0 < number <= len(self._entries):
            return None
        *above, last = path.split(".")
        entry = self._entries[number - 1]
        table = entry.get(".".join(above)) if above else None
        if isinstance(table, dict):
            # Names of headers are written in any case.
            last = next((key for key in table if isinstance(key, str) and key.lower() == last), last)
        return entry.line(".".join((*above, last)))

    def line_of(self, value: bytes, number: int, path: str) -> int | None:
        """Return the line where a text stands in an interaction, else that of its member."""
        line = self.line(number, path)
        if line is None:
            return None
        lines = self.text.split(b"\n")
        after = self.line(number + 1) or len(lines) + 1
        places = range(line, min(after, len(lines) + 1))
        return next((place for place in places if value in lines[place - 1]), line)

    def number_at(self, line: int) -> int | None:
        """Return the number of the interaction that a line of the file belongs to."""
        begun = [
            number for number in range(1, len(self._entries) + 1) if (self.line(number) or line + 1) <= line
        ]
        return begun[-1] if begun else None
