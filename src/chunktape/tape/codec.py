"""Cassette text in, interactions out, and back: the one place that knows every format.

Written is one form, YAML as in vcrpy's version 1 with a `response.stream` block. Read are that and
the forms of `foreign`, each also as JSON where its maker writes JSON, and gzipped. No file is
touched here; `name` is what the messages call it, and its suffix tells a bare body from YAML.
"""

from __future__ import annotations

import warnings
from dataclasses import fields, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from chunktape.errors import CassetteError, CassetteWarning, shorten
from chunktape.tape.block import read_block
from chunktape.tape.block_text import NO_HEAD_STATUS, digest
from chunktape.tape.cassette_text import VERSION, as_written, cassette_lines
from chunktape.tape.damage import Source, shown, word
from chunktape.tape.entry import Entry
from chunktape.tape.excision import excise
from chunktape.tape.foreign import bare, read_body, read_foreign, read_head, read_request
from chunktape.tape.form.cassetter import OTHER_PROTOCOLS, is_cassetter, read_cassetter
from chunktape.tape.form.har import is_har, read_har
from chunktape.tape.gunzip import gunzip
from chunktape.tape.json_tree import read_json
from chunktape.tape.limit import Limits
from chunktape.tape.merge_marker import refuse_merge_markers
from chunktape.tape.request_layout import LAYOUTS, lay_out
from chunktape.tape.seal import seal_of
from chunktape.tape.yaml_tree import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chunktape.tape.interaction import Interaction
    from chunktape.tape.quoted import Body
    from chunktape.wire.message import Head, Request

__all__ = [
    "BARE_SUFFIXES", "VERSION", "YAML_SUFFIXES", "dumps", "entries", "interactions_of", "loads", "unpacked",
]  # fmt: skip  # read as a table

BARE_SUFFIXES = frozenset({".sse", ".txt", ".bin"})
YAML_SUFFIXES = frozenset({".yaml", ".yml"})


def dumps(interactions: Sequence[Interaction]) -> bytes:
    """Return the text of a cassette.

    The text is read back before it is given out; where that does not give exactly these
    interactions, it is a `CassetteError`.
    """
    text = b"".join(cassette_lines(interactions))
    _verify(text, interactions)
    return text


def loads(data: bytes, *, name: str, limits: Limits = Limits()) -> list[Interaction]:  # noqa: B008 a tuple
    """Return the interactions of a cassette of any readable form.

    Damage is a `CassetteError`, and so is what is bigger or nested deeper than its limits. Recorded
    times that cannot be trusted any more are dropped, and each such interaction is a `CassetteWarning`.
    """
    source = Source(name, limits)
    found = _read(data, source)
    for loss in source.losses:
        warnings.warn(loss, CassetteWarning, stacklevel=2)
    return found


def unpacked(data: bytes, *, name: str, limits: Limits = Limits()) -> bytes:  # noqa: B008 a tuple
    """Return the text of a file as it is read: what is gzipped, without that."""
    return _unpacked(data, Source(name, limits))[0]


def entries(data: bytes, *, name: str, limits: Limits = Limits()) -> list[Entry]:  # noqa: B008 a tuple
    """Return the interactions of a readable file as they stand in it, which know their lines.

    None of a bare body, around which nothing stands, and of a HAR file. Lines are of the unpacked text.
    """
    source = Source(name, limits)
    data, suffix = _unpacked(data, source)
    if suffix in BARE_SUFFIXES:
        return []
    is_json = _is_json(data, suffix)
    tree = read_json(data, source, lines=True) if is_json else read_yaml(data, source)
    return [] if is_har(tree) else _entries(tree, data, source)


def _verify(text: bytes, interactions: Sequence[Interaction]) -> None:
    source = Source("the text that was to be written")
    try:
        found = _quickly(text, source, lambda one: one.body_by_yaml()) or _thoroughly(text, source)
    except CassetteError as error:
        why = str(error).partition("\n")[0]
        raise _unwritable(f"its text does not read back ({why})") from error
    if len(found) != len(interactions):
        raise _unwritable(f"{len(interactions)} interactions read back as {len(found)}")
    for number, (one, again) in enumerate(zip(interactions, found, strict=True), start=1):
        expected = as_written(one)
        for field in fields(expected):
            if getattr(expected, field.name) != getattr(again, field.name):
                raise _unwritable(
                    f"{field.name} of interaction {number} ({one.request.method} {one.request.url}) "
                    "does not read back as it was recorded"
                )


def _unwritable(what: str) -> CassetteError:
    return CassetteError(
        f"Cassette not written: {what}\n"
        "  where: it was read back before anything was touched, so an older cassette is still there\n"
        "  way out: report this defect of chunktape, and keep that exchange out of the cassette until then"
    )


def _read(data: bytes, source: Source) -> list[Interaction]:
    data, suffix = _unpacked(data, source)
    if not data or data.isspace():
        raise source.damage("the file is empty", 1)
    if suffix in BARE_SUFFIXES:
        return [bare(data)]
    if _is_json(data, suffix):
        refuse_merge_markers(data, source)
        return _read_json(data, source)
    return _quickly(data, source, lambda one: one.body()) or _thoroughly(data, source)


def _unpacked(data: bytes, source: Source) -> tuple[bytes, str]:
    """Return the text of a file, and the suffix that tells its form."""
    path = PurePath(source.name)
    if path.suffix.lower() != ".gz":
        return data, path.suffix.lower()
    return gunzip(data, source), PurePath(path.stem).suffix.lower()


def _is_json(data: bytes, suffix: str) -> bool:
    # vcrpy lets people name the files of its JSON serializer as they like.
    return suffix == ".json" or (suffix not in YAML_SUFFIXES and data.lstrip()[:1] == b"{")


def _read_json(data: bytes, source: Source) -> list[Interaction]:
    tree = read_json(data, source)
    trial = Source(source.name, source.limits)
    try:
        found = interactions_of(tree, data, trial)
    except CassetteError:
        found = []
    if found and not trial.losses:
        return found
    # There is something to say about it, and on which line that is takes longer to find.
    return interactions_of(read_json(data, source, lines=True), data, source)


def _quickly(data: bytes, whole: Source, decode: Callable[[Body], bytes | None]) -> list[Interaction] | None:
    """Return the interactions of a flawless file of ours with long bodies, None for any other."""
    text, excised = excise(data)
    if not excised:
        return None
    source = Source(whole.name, whole.limits)
    bodies: list[bytes] = []
    excised.reverse()
    while excised:
        body = decode(excised.pop())
        if body is None:
            return None
        bodies.append(body)
    try:
        found = _thoroughly(text, source, bodies)
    except CassetteError:
        # What is wrong, and on which line, the whole text tells.
        return None
    return found if len(found) == source.intact and not source.losses else None


def _thoroughly(data: bytes, source: Source, bodies: Sequence[bytes] = ()) -> list[Interaction]:
    refuse_merge_markers(data, source)
    return interactions_of(read_yaml(data, source, bodies), data, source)


def _entries(tree: Any, data: bytes, source: Source) -> list[Entry]:
    items = _items(tree, data, source)
    line = getattr(tree, "lines", {}).get("interactions")
    return [Entry(item, number, source, line) for number, item in enumerate(items, start=1)]


def interactions_of(tree: Any, data: bytes, source: Source) -> list[Interaction]:
    """Return what a tree holds, whatever text it was read from; losses are noted at the source."""
    if is_har(tree):
        return read_har(tree, source)
    found = _entries(tree, data, source)
    for key, what in OTHER_PROTOCOLS.items():
        if tree.get(key):
            source.leave_out(f"{what}, which are no HTTP", way_out="none: a cassette holds HTTP only")
    ours = any(entry.has("response.stream") for entry in found)
    if "version" not in tree and "interactions" in tree and (ours or not any(map(_is_pydantic_ai, found))):
        raise source.damage("it ends before its version, as a file does that was cut", _last_line(data))
    return [_interaction(entry, ours=ours) for entry in found]


def _last_line(data: bytes) -> int:
    return data.count(b"\n", 0, len(data) - 1) + 1


def _items(tree: Any, data: bytes, source: Source) -> list[Any]:
    """Return what stands under the interactions of a file whose version is one that we read."""
    if not isinstance(tree, dict):
        raise source.damage(f"it is {word(tree)} where a mapping with interactions belongs", 1)
    key = "interactions" if "interactions" in tree else "http_interactions"
    if key not in tree:
        raise source.damage("it has no interactions", 1)
    lines = getattr(tree, "lines", {})
    version = tree.get("version", VERSION)
    if key == "interactions" and (type(version) is not int or version != VERSION):
        raise source.damage(
            f"its version is {shown(version)}, and chunktape reads version {VERSION}",
            lines.get("version"),
        )
    if key == "http_interactions" and "recorded_with" not in tree:
        raise source.damage("it ends before its recorded_with, as a file does that was cut", _last_line(data))
    lost = next((name for name, value in tree.items() if _is_block(value)), None)
    if lost is not None:
        raise source.damage(f"{shown(lost)} stands outside of the interactions", lines.get(lost))
    items = tree[key]
    if not isinstance(items, list):
        raise source.damage(f"it has {word(items)} as {key} where a list belongs", lines.get(key))
    return items


def _is_block(value: Any) -> bool:
    """Return whether a value is a block of ours, under whatever name it stands now."""
    return isinstance(value, dict) and "digest" in value and "version" in value


def _is_pydantic_ai(entry: Entry) -> bool:
    # Some of pydantic-ai's cassettes have no version, and nobody else writes this key.
    return entry.has("request.parsed_body") or entry.has("response.parsed_body")


def _interaction(entry: Entry, *, ours: bool) -> Interaction:
    if not entry.has("response.stream"):
        response = entry.get("response")
        items = response.items() if isinstance(response, dict) else ()
        lost = next((key for key, value in items if _is_block(value)), None)
        if lost is not None:
            raise entry.damage(f"has {shown(lost)} where its stream belongs", f"response.{lost}")
        found = read_cassetter(entry) if is_cassetter(entry) else read_foreign(entry)
        # What vcrpy recorded beside our streams never had one, and of an answer at once nothing is lost.
        if ours and len(found.ends) > 1:
            entry.source.lose(
                f"{entry.name} has no stream block, and the file has others", entry.line("response")
            )
        return found
    entry.mapping("response.stream")
    head: Head | None = read_head(entry)
    phases = (entry.get("response.stream.phase"), entry.get("response.stream.error.phase"))
    if head is not None and head.status == NO_HEAD_STATUS and "connect" in phases:
        head = None
    if head is not None:
        head = replace(head, http_version=entry.text("response.stream.http_version"))
    losses = len(entry.source.losses)
    found = read_block(entry, _sent(entry), head, read_body(entry, "response"))
    path = "response.stream.seal"
    # Where something else is wrong, that was said already; who wrote without a seal, vouches for nothing.
    if losses == len(entry.source.losses) and entry.has(path) and entry.get(path) != seal_of(found):
        entry.source.doubt(
            f"something in {entry.name} does not match its seal",
            entry.line(path),
            way_out="record it again; where the edit was meant, delete the line of the seal",
        )
    return found


def _sent(entry: Entry) -> Request:
    """Return the request with the bytes that were sent."""
    request = read_request(entry)
    path = "response.stream.request_layout"
    layout = entry.text(path)
    if layout is None:
        return request
    if layout not in LAYOUTS:
        raise entry.damage(f"has {shorten(layout)!r} as {path}, which is none of {', '.join(LAYOUTS)}", path)
    way_out = "record it again, unless the edit was meant"
    try:
        body = lay_out(request.body, layout)
    except (ValueError, RecursionError):
        entry.source.doubt(
            f"the request of {entry.name} is no JSON any more", entry.line("request"), way_out=way_out
        )
        return request
    if digest(body) != entry.get("response.stream.request_digest"):
        entry.source.doubt(
            f"the request of {entry.name} does not match its digest", entry.line("request"), way_out=way_out
        )
    return replace(request, body=body)
