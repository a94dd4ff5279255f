"""What type checkers see: the decorators' results, whichever provider and whichever form.

The files beside this one are checked, once for each provider; `wrong` holds what must be refused.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import chunktape

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROVIDERS = ("openai", "anthropic", "azure")
CHECKED = ("forms", "bare", "wrong")
PATIENCE = 300
STRICT = ("--strict", "--warn-unreachable", "--no-error-summary", "--hide-error-context")
PYRIGHT = """{
  "typeCheckingMode": "standard",
  "reportUnnecessaryTypeIgnoreComment": "error",
  "reportUnusedCoroutine": "error",
  "include": ["."]
}"""


def _lay_out(folder):
    """Write down the files to check, for each provider: ``openai_forms.py`` and so on."""
    for provider in PROVIDERS:
        shutil.copy(HERE / f"{provider}_words.py", folder)
        for name in CHECKED:
            text = (HERE / f"{name}.py").read_text(encoding="utf-8")
            told = text.replace("openai_words", f"{provider}_words")
            (folder / f"{provider}_{name}.py").write_text(told, encoding="utf-8")
    return sorted(path.name for path in folder.glob("*.py"))


def _run(command, folder):
    """Return what a checker says, without the folder; an empty text where all is well."""
    env = os.environ | {"MYPYPATH": str(folder)}
    done = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return (done.stdout + done.stderr).replace(f"{folder}{os.sep}", "").strip()


@pytest.fixture(scope="module")
def mypy(tmp_path_factory):
    """Return a strict mypy for the files of a folder; what it knows of the SDKs serves all tests."""
    cache = tmp_path_factory.mktemp("mypy_cache")
    options = ("--config-file=", "--explicit-package-bases", f"--cache-dir={cache}", *STRICT)
    return lambda folder, *files: _run([sys.executable, "-m", "mypy", *options, *files], folder)


@pytest.fixture
def folder(tmp_path):
    """Return an empty folder to lay the files out in."""
    made = tmp_path / "checked"
    made.mkdir()
    return made


@pytest.fixture
def pyright():
    """Return how to run pyright without fetching anything; it is no dependency of the project."""
    spec = importlib.util.find_spec("pyright")
    node = shutil.which("node")
    bundled = Path(spec.origin).parent / "dist" / "index.js" if spec and spec.origin else None
    if node is None or bundled is None or not bundled.is_file():
        pytest.skip("pyright is not installed with all that it needs (its own package, and node)")
    return [node, str(bundled)]


def test_mypy_sees_the_types_of_every_form(folder, mypy):
    """Every form of every decorator has its type in strict mypy, and what is wrong is refused."""
    files = _lay_out(folder)

    assert "" == mypy(folder, *files)


def test_pyright_sees_the_types_of_every_form(folder, pyright):
    """Every form of every decorator has its type in pyright, and what is wrong is refused."""
    _lay_out(folder)
    (folder / "pyrightconfig.json").write_text(PYRIGHT)

    said = _run([*pyright, "--project", ".", "--pythonpath", sys.executable], folder)

    assert "0 errors, 0 warnings, 0 informations" == said


def test_a_wrong_type_is_told(folder, mypy):
    """A type that is not the decorator's result makes the check of this file fail."""
    claim = (
        "from typing import assert_type\n"
        "from chunktape.openai import OpenAICallResponse, openai_call\n"
        'ask = openai_call("gpt-4o-mini", stream=True)(lambda: "Hi")\n'
        "assert_type(ask(), OpenAICallResponse)\n"
    )
    (folder / "claim.py").write_text(claim)

    said = mypy(folder, "claim.py")

    assert (
        'claim.py:4: error: Expression is of type "OpenAIStream", not "OpenAICallResponse"  [assert-type]'
    ) == said


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("name", ["forms", "bare"])
def test_every_form_is_accepted_at_run_time(folder, provider, name, monkeypatch):
    """What the type checkers accept, the decorators accept too."""
    _lay_out(folder)
    monkeypatch.syspath_prepend(str(folder))
    path = folder / f"{provider}_{name}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    written = re.findall(r"^(?:@.+\n)+(?:async )?def (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)

    spec.loader.exec_module(module)

    assert written == [name for name, one in vars(module).items() if hasattr(one, "__wrapped__")]


def test_the_wheel_says_that_the_package_is_typed():
    """`py.typed` stands in the package, all of which goes into the wheel."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert {"packages": ["src/chunktape"]} == project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert (ROOT / "src" / "chunktape" / "py.typed").is_file()
    assert (Path(chunktape.__file__).parent / "py.typed").is_file()
