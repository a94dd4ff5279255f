"""Cassettes of ours to hand to vcrpy: each SDK family with each kind of exchange, recorded once."""

from __future__ import annotations

import logging
import shutil
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

# Imported here, because the tests that use pytester put sys.modules and sys.meta_path back.
import azure.core.pipeline.transport._aiohttp  # noqa: F401 as said above
import httpx2
import pytest
from clients import NAMED
from exchanges import Nowhere, reply
from stock import STOCK

from chunktape import use_cassette
from chunktape.loopback import Disconnect, Provider, error, raw

if TYPE_CHECKING:
    from pathlib import Path

NOT_UTF_8 = b"data: \xff\xfe\x80\n\ndata: [DONE]\n\n"
FAMILIES = ("openai", "anthropic", "azure", "azure-async")
SCRIPTS = {
    "text": reply,
    "tools": lambda case: reply(case, tools=[("wind_back", {"tape": "磁带 🎞️", "metres": 3})]),
    "error": lambda case: error(429, provider=_flavor(case), headers={"retry-after": "7"}),
    "gzip": lambda case: reply(case, encoding="gzip"),
    "broken": lambda case: reply(case, cut=4, end=Disconnect()),
    "emoji and CJK": lambda case: reply(case, text=["Größe ", "日本", "🎞", "\ufe0f", " end\u2028."]),
}
RECORDINGS = (
    *(f"{family}: {script}" for family in FAMILIES for script in (*SCRIPTS, "refused")),
    "body that is no UTF-8",
    "request that is no JSON",
    "request that is no UTF-8",
)


@dataclass(frozen=True)
class Recording:
    """A cassette of ours, what the caller of the SDK saw, and where the provider was, which is gone."""

    path: Path
    case: Any
    seen: Any
    place: Nowhere

    def replay(self, path: Path) -> Any:
        """Return what the caller sees now that a cassette answers."""
        with use_cassette(path, record_mode="none"):
            return _run(self.case, self.place)


def _flavor(case: Any) -> Any:
    return "azure" if "azure" in case.provider else case.provider


def _run(case: Any, place: Any) -> Any:
    options = {"retry_total": 0} if case.provider == "azure" else {"max_retries": 0}
    try:
        return case.run(place, **options)
    except Exception as caught:  # noqa: BLE001 which one it is, is what is compared
        return type(caught), str(caught)


def _record(name: str, path: Path) -> Recording:
    family, _, script = name.partition(": ")
    case = NAMED.get(family)
    if script == "refused":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            place = Nowhere(free.getsockname()[1])
        with use_cassette(path, record_mode="once"):
            return Recording(path, case, _run(case, place), place)
    with Provider() as provider, use_cassette(path, record_mode="once"):
        place = Nowhere(int(provider.url.rpartition(":")[2]))
        if case is not None:
            provider.play(SCRIPTS[script](case))
            return Recording(path, case, _run(case, provider), place)
        provider.play(raw(NOT_UTF_8 if name.startswith("body") else b"data: ok\n\n"))
        sent = {"request that is no JSON": b"wind=back&to=start", "request that is no UTF-8": b"\xff\x00\xfe"}
        with httpx2.Client() as client:
            client.post(f"{provider.url}/v1/any", content=sent.get(name, b"any"))
    return Recording(path, None, None, place)


@pytest.fixture(scope="session")
def _recorded(tmp_path_factory):
    """Return the recordings made so far; each is made once, by the first test that asks for it."""
    return tmp_path_factory.mktemp("ours"), {}


@pytest.fixture(params=RECORDINGS)
def recording(request, _recorded, tmp_path):
    """Return a cassette of ours, of its own for each test."""
    folder, made = _recorded
    name = request.param
    if name not in made:
        made[name] = _record(name, folder / f"{len(made)}.yaml")
    found = made[name]
    path = tmp_path / "tape.yaml"
    shutil.copy(found.path, path)
    return Recording(path, found.case, found.seen, found.place)


@pytest.fixture(params=STOCK, ids=lambda stock: stock.name)
def stock(request):
    """Return one client that vcrpy knows."""
    return request.param


@pytest.fixture(autouse=True)
def _quiet():
    """Keep the SDKs' own log lines about broken connections out of the output."""
    logging.getLogger("azure").setLevel(logging.CRITICAL)
