"""Which lane this run is: what it plays, and what it is known not to be able to do.

`CHUNKTAPE_LANE` names the lane. Without it, it is the environment in which the tests of the project
run, where the parts of the three SDKs are played.
"""

from __future__ import annotations

import os
import tomllib
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "lanes.toml"
LANES: dict[str, dict[str, Any]] = {
    lane["name"]: lane for lane in tomllib.loads(FILE.read_text(encoding="utf-8"))["lane"]
}
LANE = LANES[os.environ.get("CHUNKTAPE_LANE", "here")]
PARTS = frozenset(LANE["parts"])
MODULES = {
    "openai": ("of_openai", "of_calls"),
    "azure_openai": ("of_openai",),
    "anthropic": ("of_anthropic", "of_calls"),
    "azure": ("of_azure", "of_calls"),
    "langchain": ("of_langchain",),
    "langchain_azure": ("of_langchain_azure",),
    "litellm": ("of_litellm",),
    "pydantic_ai": ("of_pydantic_ai",),
    "openai_agents": ("of_openai_agents",),
}
SDKS = {"openai", "azure_openai", "anthropic", "azure"}


def lane_askers() -> list[Any]:
    """Return the askers of this lane's parts, in the order of the parts."""
    names = dict.fromkeys(module for part in MODULES if part in PARTS for module in MODULES[part])
    found = [asker for name in names for asker in import_module(name).ASKERS]
    return [asker for asker in found if asker.part in PARTS]


def inability(test: str, asker: str) -> str | None:
    """Return why this lane cannot do a test with an asker, as `lanes.toml` says, or None."""
    for one in LANE.get("cannot", ()):
        if fnmatchcase(test, one["test"]) and fnmatchcase(asker, one.get("asker", "*")):
            return str(one["why"])
    return None
