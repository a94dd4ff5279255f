"""What the SDKs' models require, know and never heard of, written down once with their versions.

`sdk_schema.json` is made by `tests/support/pin_sdk_models.py`; it is read when somebody asks.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from chunktape.dialects.detect import Dialect

__all__ = ["Standing", "standing_of", "versions"]

_CHUNKS = {"chunk", "usage", "note", "prompt filter"}


class Standing(NamedTuple):
    """What an SDK thinks of a field: ``required``, ``optional``, or ``unknown``; and which SDK that is."""

    how: Literal["required", "optional", "unknown"]
    sdk: str


def versions() -> dict[str, str]:
    """Return the SDKs whose models are written down, with their versions."""
    found: dict[str, str] = _pinned()["versions"]
    return found


def standing_of(dialect: Dialect, kind: str, holder: tuple[str, ...], name: str) -> Standing | None:
    """Return what the dialect's own SDK thinks of a field; None where it does not know the holder.

    `holder` is the way to the field's object, as `drift_path` writes it.
    """
    pinned = _pinned()
    spoken = pinned["dialects"][dialect]
    sdk = f"{spoken['sdk']} {pinned['versions'][spoken['sdk']]}"
    at = _roots(spoken, kind)
    for step in holder:
        field, _, said = step.partition(":")
        at = [below for one in at for below in _model(one)["below"].get(field.removesuffix("[]"), ())]
        at = _saying(at, said) if said else at
    if not at:
        return None
    if all(name in _model(one)["required"] for one in at):
        return Standing("required", sdk)
    known = any(name in _model(one)["required"] or name in _model(one)["optional"] for one in at)
    return Standing("optional" if known else "unknown", sdk)


@cache
def _pinned() -> dict[str, Any]:
    text = (files("chunktape.audit") / "sdk_schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _model(name: str) -> dict[str, Any]:
    found: dict[str, Any] = _pinned()["models"][name]
    return found


def _roots(spoken: dict[str, Any], kind: str) -> list[str]:
    if kind == "body":
        return list(spoken["body"])
    if "event" in spoken:
        return _saying(spoken["event"], kind)
    return list(spoken["chunk"]) if kind in _CHUNKS else []


def _saying(models: list[str], kind: str) -> list[str]:
    """Return the models of a type; those that say none where no other one does."""
    found = [one for one in models if kind in _model(one)["words"].get("type", ())]
    return found or [one for one in models if "type" not in _model(one)["words"]]
