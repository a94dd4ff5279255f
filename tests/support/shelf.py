"""The cassettes in `cassettes/`: which client asked for what, so that they can be recorded anew and replayed.

``python tests/support/shelf.py`` records them all again from the loopback provider.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clients import NAMED
from exchanges import Nowhere, cut_up, reply

from chunktape import use_cassette
from chunktape.loopback import Disconnect, Provider, Write, error, error_event

if TYPE_CHECKING:
    from chunktape.loopback import Reply

FOLDER = Path(__file__).parents[2] / "cassettes"
PORT = 8439  # any: it stands in the URLs of the recordings
WEATHER = [("weather", {"city": "Zürich", "unit": "°C"})]
ONCE = {"max_retries": 0}


def _scripts(case: Any) -> dict[str, tuple[Reply, ...]]:
    provider = case.provider
    return {
        "text": (reply(case),),
        "tools": (reply(case, text="Let me look.", tools=WEATHER),),
        "cut-up": (cut_up(reply(case, text="Größe 日本 🎞️ end")),),
        "disconnect": (reply(case, cut=5, end=Disconnect()),),
        "error-in-stream": (reply(case, cut=4, end=Write(error_event(provider))),),
        "rate-limit": (
            error(429, provider=provider, headers={"retry-after": "0.01"}),
            reply(case, text="At last."),
        ),
        "gzip": (reply(case, text="Small on the wire.", encoding="gzip"),),
    }


SHELF = [(name, title) for name in ("openai", "anthropic", "azure") for title in _scripts(NAMED[name])]


def path_of(name: str, title: str) -> Path:
    """Return where a cassette of the shelf lives."""
    return FOLDER / name / f"{title}.yaml"


def outcome(name: str, title: str, provider: Any) -> Any:
    """Return what the caller sees: the objects, or the class and text of the exception."""
    case = NAMED[name]
    options = {} if title == "rate-limit" else {"retry_total": 0} if name == "azure" else ONCE
    try:
        return case.run(provider, **options)
    except Exception as raised:  # noqa: BLE001 each SDK has its own, and it is what is compared
        return type(raised).__qualname__, str(raised)


def live(name: str, title: str, port: int = 0) -> Any:
    """Return what the caller sees of the provider itself."""
    with Provider(port=port) as provider:
        provider.play(*_scripts(NAMED[name])[title])
        return outcome(name, title, provider)


def replayed(name: str, title: str) -> Any:
    """Return what the caller sees of the recording."""
    with use_cassette(path_of(name, title), record_mode="none"):
        return outcome(name, title, Nowhere(PORT))


def record() -> None:
    """Record the whole shelf anew."""
    for name, title in SHELF:
        with use_cassette(path_of(name, title), record_mode="rewrite"):
            live(name, title, PORT)


if __name__ == "__main__":
    sys.exit(record())
