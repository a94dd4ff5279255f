"""The house is built as its plan says."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import chunktape

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "chunktape"
MODULES = sorted(SOURCE.rglob("*.py"))
FORBIDDEN_WORDS = {
    *("manager", "helper", "util", "utils", "common", "misc", "info", "handler", "wrapper", "process"),
}


def _tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_files_stay_short(path):
    """A file of the source stays at or under 300 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def test_layers_are_kept():
    """A room imports only from rooms below it, checked by import-linter over all of them."""
    done = subprocess.run(["lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607 of this environment

    assert done.returncode == 0, done.stdout


def test_names_use_the_fields_words():
    """No module or class is called by a word that says nothing."""
    names = {part for path in MODULES for part in path.relative_to(SOURCE).with_suffix("").parts}
    for path in MODULES:
        names |= {node.name for node in ast.walk(_tree(path)) if isinstance(node, ast.ClassDef)}
    words = {word.lower() for name in names for word in re.findall(r"[A-Z]?[a-z]+", name)}

    # `CommonFinishReason` is the word that users of Mirascope know: the one common to all providers.
    assert {"common"} >= words & FORBIDDEN_WORDS


def test_every_public_name_is_there():
    """What the package lists can be imported from it, and nothing else is offered."""
    assert sorted(chunktape.__all__) == sorted({name for name in dir(chunktape) if name in chunktape.__all__})
    assert all(getattr(chunktape, name) is not None for name in chunktape.__all__)
    with pytest.raises(AttributeError, match="module 'chunktape' has no attribute 'use_casette'"):
        _ = chunktape.use_casette


def test_public_names_have_docstrings():
    """Every public class and function says what the caller gets."""
    public = {name: getattr(chunktape, name) for name in chunktape.__all__}
    # A `Literal` has no docstring of its own; what it means stands below it in its module.
    spoken = {name: one for name, one in public.items() if inspect.isclass(one) or inspect.isfunction(one)}
    undocumented = [name for name, one in spoken.items() if not one.__doc__]

    assert [] == undocumented


def test_importing_the_package_is_light():
    """Importing chunktape imports none of the heavy things, nor any SDK or HTTP library."""
    script = "import sys, chunktape, chunktape.pytest_plugin; print(' '.join(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy = {"yaml", "pydantic", "httpx2", "httpx", "requests", "aiohttp", "openai", "anthropic", "vcr"}

    assert set() == heavy & set(done.stdout.split())


def test_every_cassette_says_where_it_is_from():
    """Everything in `cassettes/` was recorded from the loopback provider, and each reply in it says so."""
    files = sorted((ROOT / "cassettes").rglob("*.yaml"))

    assert files
    for path in files:
        for interaction in chunktape.Cassette.load(path).interactions:
            assert ("x-loopback-provider", "chunktape") in interaction.head.headers
