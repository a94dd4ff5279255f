from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import aiohttp
import httpx
import httpx2
import pytest
import requests

from chunktape import use_cassette
from chunktape.adapters import guard, intercept


def _doors():
    return [
        httpx2.HTTPTransport.__dict__["handle_request"],
        httpx2.AsyncHTTPTransport.__dict__["handle_async_request"],
        requests.adapters.HTTPAdapter.__dict__["send"],
    ]


def test_everything_is_put_back(tmp_path):
    """After the last cassette is left, every door is exactly what it was."""
    before = _doors()
    with use_cassette(tmp_path / "a.yaml", record_mode="once"):
        with use_cassette(tmp_path / "b.yaml", record_mode="once"):
            inside = _doors()
        still = _doors()

    assert before == _doors()
    assert inside == still
    assert all(old is not new for old, new in zip(before, inside, strict=True))


def test_blocked_import_is_no_trouble(tmp_path, monkeypatch):
    """A module whose import is blocked by `None` in `sys.modules` is left alone."""
    for name in ("openai", "uvloop", "httpx"):
        monkeypatch.setitem(sys.modules, name, None)

    with use_cassette(tmp_path / "a.yaml", record_mode="once") as session:
        assert not session.closed


def test_other_module_of_the_same_name_is_left_alone(tmp_path, monkeypatch):
    """A module called httpx that has no transports of this shape is not patched."""
    monkeypatch.setitem(sys.modules, "httpx", type(sys)("httpx"))

    with use_cassette(tmp_path / "a.yaml", record_mode="once") as session:
        assert not session.closed


def test_door_that_cannot_be_watched_opens_nothing(tmp_path, monkeypatch):
    """Where a door cannot be watched, the cassette does not open, and nothing stays patched."""

    def jammed(_):
        raise RuntimeError("this door is jammed")

    before = _doors()
    monkeypatch.setitem(intercept.DOORS, "requests.adapters", jammed)
    with (
        pytest.raises(RuntimeError, match="this door is jammed"),
        use_cassette(tmp_path / "a.yaml", record_mode="once"),
    ):
        raise AssertionError("never gets here")

    assert before == _doors()
    assert not guard.is_installed()


SCRIPT = """
    import sys
    before = sys.meta_path[:]
    sys.path.insert(0, {support!r})
    from chunktape import use_cassette
    from chunktape.loopback import Provider
    with use_cassette({folder!r} + "/first.yaml", record_mode="once"):
        pass
    sys.meta_path[:] = before
    from clients import NAMED
    with Provider() as provider:
        for number in range(2):
            with use_cassette({folder!r} + f"/{{number}}.yaml", record_mode="once") as session:
                NAMED[{name!r}].run(provider)
            print(len(session.interactions), len(provider.requests))
            for module in [one for one in sys.modules if one.partition(".")[0] in {roots!r}]:
                del sys.modules[module]
"""


@pytest.mark.parametrize(
    ("name", "roots"), [("openai", {"openai"}), ("azure-async", {"azure"}), ("azure", {"azure", "requests"})]
)
def test_import_hooks_survive_what_tools_do_to_imports(tmp_path, name, roots):
    """Modules are caught where someone put `sys.meta_path` back, or threw modules out to import them anew."""
    support = str(Path(__file__).parents[1] / "support")
    script = textwrap.dedent(SCRIPT).format(support=support, folder=str(tmp_path), name=name, roots=roots)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert done.stdout.splitlines() == ["1 1", "1 2"], done.stderr


def test_patch_that_is_undone_late_records_nothing_twice(tmp_path, provider):
    """A patch of somebody else that is taken back after the cassette brings ours back: harmlessly."""
    doors = [(requests.adapters.HTTPAdapter, "send"), (httpx2.HTTPTransport, "handle_request")]
    before = _doors()
    with use_cassette(tmp_path / "a.yaml", record_mode="once"):
        saved = [getattr(owner, name) for owner, name in doors]
        for owner, name in doors:
            setattr(owner, name, lambda *_, **__: None)
    for (owner, name), old in zip(doors, saved, strict=True):
        setattr(owner, name, old)  # as a fixture does that is torn down last
    with use_cassette(tmp_path / "b.yaml", record_mode="once") as session:
        requests.get(provider.url + "/healthz", timeout=5)
        httpx2.get(provider.url + "/healthz")

    assert len(session.interactions) == 2
    assert before == _doors()


def _through(inner):
    """Return a function that does nothing but call another one."""

    def outer(*args):
        return inner(*args)

    return outer


def test_somebody_elses_wrapper_records_nothing_twice(tmp_path, provider, monkeypatch):
    """Where somebody wrapped what was ours, and it is watched again, a call is recorded once."""
    with use_cassette(tmp_path / "a.yaml", record_mode="once"):
        ours = httpx2.HTTPTransport.handle_request
        monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", _through(ours))
    with use_cassette(tmp_path / "b.yaml", record_mode="once") as session:
        httpx2.get(provider.url + "/healthz")

    assert len(session.interactions) == 1


LITELLM = "litellm.llms.custom_httpx.aiohttp_transport"


async def test_transport_of_litellm_is_a_door(tmp_path, provider, monkeypatch):
    """What is sent through LiteLLM's transport, which derives from none that is watched, is recorded once."""
    asked = f"{provider.url}/v1/messages"

    class Base(httpx.AsyncBaseTransport):
        pass

    class LiteLLMAiohttpTransport(Base):
        async def handle_async_request(self, request):
            async with aiohttp.ClientSession() as client, client.post(str(request.url)) as answer:
                return httpx.Response(answer.status, content=await answer.read())

    module = type(sys)(LITELLM)
    module.LiteLLMAiohttpTransport = LiteLLMAiohttpTransport
    monkeypatch.setitem(sys.modules, LITELLM, module)
    answers = []
    for mode in ("once", "none"):
        with use_cassette(tmp_path / "a.yaml", record_mode=mode):
            async with httpx.AsyncClient(transport=LiteLLMAiohttpTransport()) as client:
                answers.append((await client.post(asked)).text)

    assert answers[0] == answers[1]
    assert [asked] == [one.url for one in provider.requests]


def test_litellm_without_that_transport_is_left_alone(tmp_path, monkeypatch):
    """A release of LiteLLM that has no such transport is no trouble."""
    monkeypatch.setitem(sys.modules, LITELLM, type(sys)(LITELLM))

    with use_cassette(tmp_path / "a.yaml", record_mode="once") as session:
        assert not session.closed
