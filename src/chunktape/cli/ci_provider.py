"""Which variables a project's providers want, read from its sources and its cassettes.

Only OpenAI's, Anthropic's and Azure's: any other name with KEY in it may be for something else.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from chunktape.cli.whereabouts import own_folders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Variable", "variables_of"]

MOST_FILES = 5_000
MOST_BYTES = 1_000_000

# No tokens: those that are read from variables live for an hour.
_NAMED = re.compile(
    r"""["']((?:OPENAI|ANTHROPIC)_API_KEY|OPENAI_API_VERSION"""
    r"""|AZURE_(?:OPENAI|INFERENCE|AI)_(?:[A-Z0-9]+_)*(?:KEY|CREDENTIAL|ENDPOINT|API_VERSION))["']"""
)
_SIGNS = {
    "openai": re.compile(r"^\s*import openai\b|\b(?:Async)?OpenAI\(|\bopenai_call\b", re.MULTILINE),
    "azure-openai": re.compile(r"\b(?:Async)?AzureOpenAI\("),
    "anthropic": re.compile(r"^\s*(?:import|from) anthropic\b|\banthropic_call\b", re.MULTILINE),
    "azure": re.compile(r"\bazure\.ai\.inference\b|\bazure_call\b"),
    "azure-endpoint": re.compile(r"\bazure_call\b"),
    "azure-openai-endpoint": re.compile(r"\bazure_endpoint\b"),
}
_HOSTS = {
    "openai": re.compile(r"\buri: https://api\.openai\.com/"),
    "azure-openai": re.compile(r"\buri: https://[^/\s]+\.openai\.azure\.com/"),
    "anthropic": re.compile(r"\buri: https://api\.anthropic\.com/"),
    "azure": re.compile(r"\buri: https://[^/\s]+\.(?:services|inference|models)\.ai\.azure\.com/"),
}


class Variable(NamedTuple):
    """A variable of the environment, and the context of GitHub's that holds it: secrets or vars."""

    name: str
    context: str

    @classmethod
    def of(cls, name: str) -> Variable:
        """Return where a variable of this name belongs: an endpoint is in every cassette, so no secret."""
        return cls(name, "vars" if name.endswith(("_ENDPOINT", "_VERSION")) else "secrets")


def variables_of(root: Path) -> tuple[Variable, ...]:
    """Return what recording needs, in order of names; empty where no provider was found."""
    found: set[str] = set()
    named: set[str] = set()
    for path in islice(_files(root), MOST_FILES):
        signs = _SIGNS if path.suffix == ".py" else _HOSTS
        with path.open("rb") as file:
            text = file.read(MOST_BYTES).decode(errors="replace")
        found |= {sign for sign, pattern in signs.items() if pattern.search(text)}
        if path.suffix == ".py":
            named.update(_NAMED.findall(text))
    return tuple(Variable.of(name) for name in sorted(named | _defaults(found, named)))


def _defaults(found: set[str], named: set[str]) -> set[str]:
    """Return what the SDKs read by themselves, where no source names it."""
    names = set()
    if "openai" in found:
        names.add("OPENAI_API_KEY")
    if "anthropic" in found:
        names.add("ANTHROPIC_API_KEY")
    if "azure-openai" in found and not _keys(named, "AZURE_OPENAI_"):
        names.add("AZURE_OPENAI_API_KEY")
        if "azure-openai-endpoint" not in found:
            names.add("AZURE_OPENAI_ENDPOINT")
    if "azure" in found and not _keys(named, "AZURE_INFERENCE_", "AZURE_AI_"):
        names.add("AZURE_INFERENCE_CREDENTIAL")
        if "azure-endpoint" in found:
            names.add("AZURE_INFERENCE_ENDPOINT")
    return names


def _keys(named: set[str], *prefixes: str) -> set[str]:
    return {name for name in named if name.startswith(prefixes) and Variable.of(name).context == "secrets"}


def _files(root: Path) -> Iterator[Path]:
    """Yield sources and cassettes in a stable order, without what is installed or hidden."""
    for here, _, names in own_folders(root):
        below_cassettes = "cassettes" in here.relative_to(root).parts
        for name in sorted(names):
            if name.endswith(".py") or (below_cassettes and name.endswith((".yaml", ".yml"))):
                path = here / name
                if path.is_file():
                    yield path
