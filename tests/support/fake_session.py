"""A session that only answers what the scope and the guard ask, with the answers a test gives it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from chunktape.errors import NetworkRefusedError
from chunktape.tape.watch import Watch


@dataclass(eq=False)
class FakeSession:
    name: str = "tests/cassettes/chat.yaml"
    can_record: bool = False
    closed: bool = False
    origins: frozenset[tuple[str, int]] = frozenset()
    ignored: tuple[str, ...] = ()
    refused: list[NetworkRefusedError] = field(default_factory=list)
    demands_recording: bool = False
    watch: Watch = field(default_factory=Watch)

    def ignores(self, host, port):
        return any(fnmatchcase(host, one) or fnmatchcase(f"{host}:{port}", one) for one in self.ignored)

    def refuse(self, message):
        error = NetworkRefusedError(message)
        self.refused.append(error)
        return error
