"""Programs as users write them, run on a stage: live, recording, and replaying without the provider."""

from __future__ import annotations

import contextlib
import io
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape import BaseCallResponse, BaseStructuredStream, use_cassette
from chunktape.calls.transcript import transcripts_of
from chunktape.calls.transcript_text import transcript_text
from chunktape.loopback import chat, complete_chat, complete_message, message

if TYPE_CHECKING:
    from pathlib import Path

KEY = "stage-key-0123456789"
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AZURE_INFERENCE_CREDENTIAL")
PROVIDERS = {"openai": "OpenAI", "anthropic": "Anthropic", "azure": "Azure"}


class Played(NamedTuple):
    """What a program printed, what it was answered (rebuilt, and as a snapshot), and its names."""

    printed: str
    responses: list[BaseCallResponse[Any, Any]]
    snapshot: str
    names: dict[str, Any]


class Stage:
    """Where programs run: the environment of a user, with a loopback provider in place of the real ones."""

    def __init__(self, provider: Any, folder: Path, environment: Any) -> None:
        self._provider = provider
        self._cassette = folder / "program.yaml"
        self._environment = environment
        places = {
            "OPENAI_BASE_URL": provider.openai_url,
            "ANTHROPIC_BASE_URL": provider.anthropic_url,
            "AZURE_INFERENCE_ENDPOINT": provider.azure_url,
        }
        for name, value in (places | dict.fromkeys(KEYS, KEY)).items():
            environment.setenv(name, value)

    def live(self, program: str, *replies: Any) -> Played:
        """Run a program without any cassette."""
        self._provider.play(*replies)
        return _run(program)

    def recorded(self, program: str, *replies: Any) -> Played:
        """Run a program in a cassette that is written now."""
        self._provider.play(*replies)
        with use_cassette(self._cassette, record_mode="once"):
            return _run(program)

    def replayed(self, program: str) -> Played:
        """Run a program in the cassette; there is no provider any more, and no key."""
        self._provider.stop()
        for name in KEYS:
            self._environment.delenv(name)
        with use_cassette(self._cassette, record_mode="none"):
            return _run(program)

    def in_three_ways(self, program: str, *replies: Any) -> tuple[Played, Played, Played]:
        """Run a program live, recording and replaying."""
        live = self.live(program, *replies)
        recorded = self.recorded(program, *replies)
        return live, recorded, self.replayed(program)

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of the requests that reached the provider."""
        return [json.loads(one.body) for one in self._provider.requests]


def _run(program: str) -> Played:
    printed, names = io.StringIO(), {"__name__": "__main__"}
    with contextlib.redirect_stdout(printed):
        exec(compile(program, "<program>", "exec", dont_inherit=True), names)  # noqa: S102 - programs of the tests' own
    found = names.get("answers") or [names["stream"]]
    read = [one.stream if isinstance(one, BaseStructuredStream) else one for one in found]
    responses = [one if isinstance(one, BaseCallResponse) else one.construct_call_response() for one in read]
    return Played(printed.getvalue(), responses, transcript_text(transcripts_of(read)), names)


def program_for(provider: str, path: Path) -> str:
    """Return a program that was written for OpenAI, for another provider."""
    text = path.read_text(encoding="utf-8")
    return re.sub("openai", provider, text).replace("OpenAI", PROVIDERS[provider])


def streamed(provider: str, text: str | None = None, **more: Any) -> Any:
    """Return a stream as the provider sends it."""
    return message(text, **more) if provider == "anthropic" else chat(text, azure=provider == "azure", **more)


def at_once(provider: str, text: str | None = None, **more: Any) -> Any:
    """Return an answer that comes at once, as the provider sends it."""
    if provider == "anthropic":
        return complete_message(text, **more)
    return complete_chat(text, azure=provider == "azure", **more)
