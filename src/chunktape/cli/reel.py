"""`Reel`: the demo itself. Live, recording, replay; then the three are compared."""

from __future__ import annotations

import gc
import shlex
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from chunktape.audit.printable import printable
from chunktape.cli import exit_code
from chunktape.cli.act import ACTS
from chunktape.cli.stage import NAME_WIDTH, open_stage, report
from chunktape.cli.terminal import Typewriter, is_live, open_console
from chunktape.loopback import Provider
from chunktape.recorder import use_cassette

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chunktape.cli.act import Act, Heard

__all__ = ["Reel"]

INSTALL = 'pip install "chunktape[all]"'


@dataclass
class _Role:
    """An act with its own provider and one client for all its calls, and what was heard in each."""

    act: Act
    provider: Provider
    client: Any
    path: Path
    heard: list[Heard] = field(default_factory=list)

    def call(self, spoken: Callable[[str], None] = lambda _: None) -> None:
        self.heard.append(self.act.call(self.client, spoken))

    @property
    def is_equal(self) -> bool:
        """Whether bytes and objects are the same in all calls, and the chunks of recording and replay.

        Live, the network may have cut the same bytes in other places than while recording.
        """
        live, recording, replay = self.heard
        return (
            live.body == recording.body == replay.body
            and recording.chunks == replay.chunks
            and live.objects == recording.objects == replay.objects
        )


class Reel:
    """Plays the demo on standard output."""

    def __init__(self, *, speed: float, keep: Path | None) -> None:
        self._speed = speed
        self._keep = keep
        self._console = open_console()
        self._complaints = open_console(stderr=True)
        self._failed = False

    def run(self) -> int:
        """Return the exit code, after everything was shown."""
        with ExitStack() as stack:
            roles = self._cast(self._folder(stack), stack)
            if not roles:
                self._complain(f"None of the three SDKs is installed.\n  way out: {INSTALL}")
                return exit_code.USAGE
            self._say("SDKs", ", ".join(role.act.version for role in roles))
            stack.callback(gc.unfreeze)
            roles = self._live(roles)
            roles = self._record(roles)
            for role in roles:
                role.provider.stop()
            roles = self._replay(roles)
        equal = {role.act.name: role.is_equal for role in roles}
        self._close(roles, equal)
        return exit_code.FINE if all(equal.values()) and not self._failed else exit_code.NO

    def _folder(self, stack: ExitStack) -> Path:
        if self._keep is None:
            return Path(stack.enter_context(TemporaryDirectory(prefix="chunktape-demo-")))
        taken = [act.file for act in ACTS if (self._keep / act.file).exists()]
        if taken:
            raise click.BadParameter(
                f"{self._keep} already holds {', '.join(taken)}, and the demo overwrites nothing. "
                "Name another folder.",
                param_hint="--keep",
            )
        return self._keep

    def _cast(self, folder: Path, stack: ExitStack) -> list[_Role]:
        roles = []
        for act in ACTS:
            provider = stack.enter_context(Provider())
            try:
                client = act.build(provider)
            except ImportError as error:
                self._complain(f"{act.name} is left out: {error}\n  way out: {INSTALL}")
            else:
                stack.callback(client.close)
                roles.append(_Role(act, provider, client, folder / act.file))
        return roles

    def _live(self, roles: list[_Role]) -> list[_Role]:
        with self._waiting("Live", "each SDK asks a scripted provider on this machine"):
            for role in roles:
                # The first call of a client, and the first cassette of a process, pay for imports and
                # caches: they are not the ones to compare.
                role.provider.play(role.act.reply, role.act.played())
                with use_cassette(role.path, record_mode="off"):
                    pass
            warm = self._together(roles, lambda role: role.act.call(role.client, lambda _: None))
            # One collection of all that the SDKs brought takes 0.1 s, and would count as waiting.
            gc.collect()
            gc.freeze()
            return self._together(warm, _Role.call)

    def _record(self, roles: list[_Role]) -> list[_Role]:
        def record(role: _Role) -> None:
            with use_cassette(role.path, record_mode="once"):
                role.call()

        with self._waiting("Recording", "each asks again, and a cassette listens"):
            for role in roles:
                role.provider.play(role.act.played())
            return self._together(roles, record)

    def _replay(self, roles: list[_Role]) -> list[_Role]:
        speed = "in its own time" if self._speed == 1 else f"{self._speed:g} times as fast"
        self._say("Replay", f"the provider is stopped; each cassette plays {speed}")
        self._console.out("")
        texts = {role.act.name: role.heard[0].text for role in roles}
        with open_stage(self._console, texts) as stage:

            def replay(role: _Role) -> None:
                with use_cassette(role.path, record_mode="none", pace=self._speed):
                    role.call(lambda word: stage.speak(role.act.name, word))
                stage.leave(role.act.name)

            return self._together(roles, replay, at_once=stage.at_once)

    def _together(
        self, roles: list[_Role], play: Callable[[_Role], object], *, at_once: int = len(ACTS)
    ) -> list[_Role]:
        """Let the roles play, and return those that came through."""
        if not roles:
            return []
        with ThreadPoolExecutor(at_once) as threads:
            playing = [(role, threads.submit(play, role)) for role in roles]
        through = []
        for role, future in playing:
            try:
                future.result()
            except Exception as error:  # noqa: BLE001 - whatever an SDK raises is told, the others go on
                self._failed = True
                self._complain(f"{role.act.name} failed: {type(error).__name__}: {error}")
            else:
                through.append(role)
        return through

    def _close(self, roles: list[_Role], equal: dict[str, bool]) -> None:
        self._console.out("")
        replay = "replayed" if self._speed == 1 else f"replayed ({self._speed:g}x)"
        header = "provider", "chunks", "first chunk live", "recording", replay, "bytes equal"
        rows = [
            (
                role.act.name,
                str(len(role.heard[-1].chunks)),
                *(_milliseconds(heard.first) for heard in role.heard),
                "yes" if equal[role.act.name] else "no",
            )
            for role in roles
        ]
        report(self._console, header, rows)
        self._say(
            "Note",
            "recorded was the loopback provider on this machine, not a real one: its words are scripted. "
            "The SDKs, the bytes on the wire and the cassettes are real.",
        )
        if self._keep is None:
            self._say("Cassettes", "deleted again; to keep them: chunktape demo --keep tapes")
        else:
            self._say("Cassettes", ", ".join(str(role.path) for role in roles))
        if self._keep is not None:
            self._say("Next", f"chunktape show --live {shlex.quote(str(self._keep))}")

    def _say(self, label: str, text: str) -> None:
        line = Typewriter(self._console, gutter=NAME_WIDTH, label_style="bold")
        line.type(label, text)
        line.end()

    @contextmanager
    def _waiting(self, label: str, text: str) -> Iterator[None]:
        """Say what is going on, on a terminal with a sign of life."""
        self._say(label, text)
        if not is_live(self._console):
            yield
            return
        with self._console.status("…", spinner="dots"):
            yield

    def _complain(self, message: str) -> None:
        self._complaints.out("Error: ", end="", style="red")
        self._complaints.out(printable(message))


def _milliseconds(seconds: float | None) -> str:
    return "none" if seconds is None else f"{seconds * 1000:.0f} ms"
