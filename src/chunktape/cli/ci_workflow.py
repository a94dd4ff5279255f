"""The two workflows, from their templates: ``@name@`` on a line alone stands for lines, else for a text."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chunktape.cli.ci_install import Install
    from chunktape.cli.ci_provider import Variable

__all__ = ["REPLAY", "WEEKLY", "render"]

REPLAY = "ci_replay.yml"
WEEKLY = "ci_weekly.yml"

_LINE = re.compile(r"^( *)@(\w+)@\n", re.MULTILINE)
_WORD = re.compile(r"@(\w+)@")


def render(template: str, *, python: str, tests: str, install: Install, variables: Sequence[Variable]) -> str:
    """Return the text of a workflow."""
    places = {one.name: f"${{{{ {one.context}.{one.name} }}}}" for one in variables}
    present = {one.name: f"${{{{ {one.context}.{one.name} != '' }}}}" for one in variables}
    public = {one.name: places[one.name] for one in variables if one.context == "vars"}
    lines = {
        "install": install.commands,
        "tests": (tests,),
        "presence": _mapping(present),
        "keys": _mapping(places),
        "endpoints": ("env:", *(f"  {line}" for line in _mapping(public))) if public else (),
    }
    words = {"python": json.dumps(python), "names": " ".join(places)}
    text = (files(__package__) / template).read_text(encoding="utf-8")
    text = _WORD.sub(lambda found: words.get(found[1], found[0]), text)
    return _LINE.sub(lambda found: "".join(f"{found[1]}{line}\n" for line in lines[found[2]]), text)


def _mapping(values: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{name}: {value}" for name, value in values.items())
