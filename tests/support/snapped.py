"""A suite of snapshot tests that asks the provider of this one, for the tests of `tape_snapshot`."""

from __future__ import annotations

__all__ = ["APP", "Kept", "Snapped"]

APP = """
    import openai
    from chunktape.openai import openai_call

    def _ask(**options):
        client = openai.OpenAI(base_url="{url}", api_key="sk-none", max_retries=0)
        return openai_call("gpt-4o-mini", client=client, **options)(lambda question: question)

    def ask(question="hi"):
        return _ask()(question)

    def stream(question="hi"):
        return _ask(stream=True)(question).finish()
"""
HEAD = """
    import pytest
    from app import ask, stream
    from syrupy.filters import paths, paths_include, props
    from syrupy.matchers import compose_matchers, path_type, path_value

    pytestmark = pytest.mark.tape
"""


KEPT = """
    from pathlib import Path

    import pytest
    from chunktape import Cassette

    RED = Cassette.load(Path(__file__).parent / "red.yaml")
    GREEN = Cassette.load(Path(__file__).parent / "green.yaml")
"""


class Snapped:
    """Snapshot tests below ``tests/``, in modules that `write` adds to one by one."""

    head = HEAD

    def __init__(self, suite, provider):
        self.suite = suite
        self.snapshots = suite.root / "tests/__snapshots__"
        suite.write("tests/app.py", APP.format(url=provider.openai_url))

    def write(self, *tests, name="test_app.py"):
        """Write a module of tests over the old one."""
        self.suite.write(f"tests/{name}", self.head + "".join(tests))

    def run(self, *args, beside=("syrupy",), **outcomes):
        return self.suite.run(*args, beside=beside, **outcomes)

    def text(self, name="test_app.tape"):
        return (self.snapshots / name).read_text(encoding="utf-8")

    def snapshot(self, test, name="test_app.tape"):
        """Return the text that is kept for a test."""
        return self.text(name).partition(f"# name: {test}\n")[2].partition("\n# ---")[0]

    def names(self, name="test_app.tape"):
        """Return the names of what a file keeps; of no file, none."""
        path = self.snapshots / name
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [line.removeprefix("# name: ") for line in lines if line.startswith("# name: ")]


class Kept(Snapped):
    """Snapshot tests of two cassettes that are there, which need neither an SDK nor a provider."""

    head = KEPT

    def __init__(self, suite):
        self.suite = suite
        self.snapshots = suite.root / "tests/__snapshots__"
        for name in ("red", "green"):
            suite.record(name)
            cassette = suite.root / "tests/cassettes/test_app/test_hello.yaml"
            cassette.rename(suite.root / f"tests/{name}.yaml")
