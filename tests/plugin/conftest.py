"""A suite of somebody else's tests, run by a pytest of its own, that asks the provider of this one."""

from __future__ import annotations

import os
import textwrap

import pytest
import yaml
from asking import ask

from chunktape.recorder import UseCassette

ASKING = """
    import httpx2

    URL = "{url}/chat/completions"

    def _question(text):
        return {{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": text}}]}}

    def ask(text="hi"):
        with httpx2.Client() as client:
            return client.post(URL, json=_question(text)).json()["choices"][0]["message"]["content"]

    async def aask(text="hi"):
        async with httpx2.AsyncClient() as client:
            reply = await client.post(URL, json=_question(text))
            return reply.json()["choices"][0]["message"]["content"]
"""


# What else is installed here takes longer to load than these suites to run. Who wants one of them
# says so.
NEIGHBOURS = {
    "anyio": ("anyio",),
    "benchmark": ("benchmark",),
    "hypothesis": ("hypothesispytest",),
    "recording": ("recording",),
    "syrupy": ("syrupy",),
    "xdist": ("xdist", "xdist.looponfail"),
}


class Suite:
    """Tests in ``tests/``, run in a process of their own."""

    def __init__(self, pytester, provider):
        self.root = pytester.path
        self._pytester = pytester
        self._provider = provider
        self.write("tests/asking.py", ASKING.format(url=provider.openai_url))
        self.write("tests/conftest.py", "")
        self.write("pytest.ini", "[pytest]\nasyncio_default_fixture_loop_scope = function\n")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")

    def run(self, *args, beside=(), **outcomes):
        """Run it, check how many tests had which outcome where that is said, and return the result.

        Other plugins than pytest-asyncio are there where `beside` names them, or all by ``"all"``.
        """
        unwanted = () if beside == "all" else NEIGHBOURS.keys() - set(beside)
        without = [f"-pno:{plugin}" for one in sorted(unwanted) for plugin in NEIGHBOURS[one]]
        result = self._pytester.runpytest_subprocess("-pno:cacheprovider", *without, *args, timeout=60)
        if outcomes:
            assert pytest.ExitCode.INTERNAL_ERROR != result.ret, result.stdout.str()
            result.assert_outcomes(**outcomes)
        return result

    def record(self, *texts):
        """Leave the cassette of ``test_app.py::test_hello`` as ``--tape=once`` would, if it asked these."""
        path = self.root / "tests/cassettes/test_app/test_hello.yaml"
        with UseCassette(path, record_mode="once", recorded_by="tests/test_app.py::test_hello"):
            for text in texts:
                ask(self._provider, text)

    @property
    def asked(self):
        """How many requests reached the provider so far."""
        return len(self._provider.requests)

    @property
    def cassettes(self):
        """The node id that is written down in each cassette, by its path."""
        return {
            path.relative_to(self.root).as_posix(): [
                one["response"]["stream"]["recorded_by"]
                for one in yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]
            ]
            for path in sorted(self.root.rglob("*.yaml"))
        }


@pytest.fixture
def suite(pytester, provider, monkeypatch):
    """Return a suite that has no tests yet."""
    # A run below a worker of xdist is none itself.
    workers = [name for name in os.environ if name.startswith("PYTEST_XDIST_")]
    for name in ("CI", "PYTEST_ADDOPTS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", *workers):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(pytester.path)
    return Suite(pytester, provider)


def section(result, title):
    """Return what stands below a title of pytest's output, up to the next one."""
    lines = result.outlines
    start = next(number for number, line in enumerate(lines) if line.strip("_- =") == title) + 1
    end = next(
        number for number, line in enumerate(lines[start:], start) if line[:3] in {"===", "___", "---"}
    )
    return "\n".join(lines[start:end])


@pytest.fixture
def below():
    """Return `section`."""
    return section
