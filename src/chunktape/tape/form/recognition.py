"""Which tool has written a file, told by its content; whether it is whole, its reader finds out."""

from __future__ import annotations

import json
import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from chunktape.errors import CassetteError, shorten
from chunktape.tape.codec import BARE_SUFFIXES, YAML_SUFFIXES
from chunktape.tape.form.reeltime import is_reeltime

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FORMS", "form_of", "unknown_form"]

FORMS: Mapping[str, str] = {
    "vcrpy": "vcrpy's and pytest-recording's cassettes, YAML or JSON",
    "ruby-vcr": "Ruby VCR's cassettes, YAML or JSON",
    "pydantic-ai": "pydantic-ai's cassettes with parsed bodies",
    "cassetter": "cassetter's cassettes, YAML or TOML",
    "reeltime": "reeltime's traces, .tape/runs/….jsonl",
    "har": "HAR files: of Polly.js, browsers, mitmproxy, chunktape export",
    "aimock": "aimock's fixtures, scripts of answers",
    "sse": "bare bodies of event streams",
    "chunktape": "chunktape's own cassettes",
}
"""The forms by their names."""

_EVENT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:(?:data|event|retry|id):|: )")
_TOML = re.compile(rb"^\[\[(?:http_)?interactions\]\]\s*$", re.MULTILINE)
# A key of YAML or JSON, however deep it stands.
# Nothing in it repeats: a file of blanks would be gone through once for each of them.
_KEY = rb"""(?:^|[\s{,])(?:- )?["']?%s["']? ?:"""
_LOG = re.compile(rb'\{\s*"log"')
_SIGNS = (
    ("chunktape", (rb"stream", rb"digest", rb"interactions")),
    ("ruby-vcr", (rb"http_interactions",)),
    ("pydantic-ai", (rb"parsed_body", rb"interactions")),
)
_CASSETTER = re.compile(rb"""["']?type["']?:\s*["']?(?:json|text|binary|none)["']?,?\s*$""", re.MULTILINE)
_STATUS = re.compile(rb"""["']?status["']?:\s*[0-9]{3}\s*,?\s*$""", re.MULTILINE)
_SHOWN = 5
_FIRST = 4096  # bytes, to say what a file looks like


def form_of(data: bytes, name: str) -> str | None:
    """Return the form of a file by its name in `FORMS`, None for none of them."""
    suffix = PurePath(name.lower().removesuffix(".gz")).suffix
    if is_reeltime(data):
        return "reeltime"
    if _TOML.search(data):
        return "cassetter"
    if suffix in BARE_SUFFIXES or (suffix not in YAML_SUFFIXES and _EVENT.match(data)):
        return "sse"
    if data.lstrip()[:1] == b"{":
        return _json_form(data)
    return _form_by_keys(data)


def _json_form(data: bytes) -> str | None:
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        # Its reader says what is wrong with it, if it is one at all.
        return _form_by_keys(data) or ("har" if _LOG.match(data.lstrip()[:_FIRST]) else None)
    if not isinstance(tree, dict):
        return None
    if isinstance(tree.get("log"), dict):
        return "har"
    if isinstance(tree.get("fixtures"), list):
        return "aimock"
    return _form_by_keys(data) if tree.keys() & {"interactions", "http_interactions"} else None


def _form_by_keys(data: bytes) -> str | None:
    for form, keys in _SIGNS:
        if all(_has(data, key) for key in keys):
            return form
    if not _has(data, rb"interactions"):
        return None
    return "cassetter" if _CASSETTER.search(data) and _STATUS.search(data) else "vcrpy"


def _has(data: bytes, key: bytes) -> bool:
    # Most files do not hold the word at all, which is found out far sooner.
    return key in data and re.search(_KEY % key, data, re.MULTILINE) is not None


def _looks_like(data: bytes) -> str:
    """Return in words what a file looks like that is of no known form."""
    if not data.strip():
        return "an empty file"
    try:
        text = data[:_FIRST].decode(errors="strict" if len(data) <= _FIRST else "ignore")
    except UnicodeDecodeError:
        return "binary data"
    if "\0" in text:
        return "binary data"
    if text.lstrip()[:1] in ("{", "["):
        return _json_words(data)
    keys = re.findall(r"^([A-Za-z_][\w-]*):", text, re.MULTILINE)
    if keys:
        return f"YAML with {_listed(keys)}"
    return f"text that begins {shorten(text.strip().partition(chr(10))[0], 40)!r}"


def _json_words(data: bytes) -> str:
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return "JSON that cannot be read"
    return f"JSON with {_listed(list(tree))}" if isinstance(tree, dict) else "a list in JSON"


def _listed(keys: list[str]) -> str:
    names = ", ".join(shorten(key, 30) for key in keys[:_SHOWN])
    return f"the keys {names}{', …' if len(keys) > _SHOWN else ''}" if keys else "no keys"


def unknown_form(data: bytes, name: str) -> CassetteError:
    """Return the error for a file of no known form."""
    known = "\n".join(f"    {form:<12} {what}" for form, what in FORMS.items() if form != "chunktape")
    return CassetteError(
        f"Not imported: no form is known of which this is, it looks like {_looks_like(data)}\n"
        f"  where: {name}\n  known are:\n{known}\n"
        "  way out: --from FORM where it is one of them after all"
    )
