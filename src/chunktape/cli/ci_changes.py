"""What two listings of ``chunktape show --format jsonl`` say differently, as Markdown for a pull request.

Interactions are compared by their place in a cassette. Ids, times and chunk boundaries are left out: they
change with every recording.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chunktape.cli.ci_report import as_code, as_usd
from chunktape.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["changes"]

# GitHub takes 65,536 characters; what stands above it needs some.
MOST_CHARACTERS = 60_000

_AROUND = 2
_HEAD = 2
_BACKTICKS = re.compile("`+")

Row = dict[str, Any]


def changes(before: str, after: str) -> str:
    """Return the differences; raises `CassetteError` for what is no such listing."""
    old, new = _read(before), _read(after)
    both = [place for place in new if place in old]
    differing = [place for place in both if _words(old[place]) != _words(new[place])]
    text = ["## What they say differently", ""]
    text.append(
        f"* {_counted(len(differing))} of {len(both):,} recorded before and after say something else."
    )
    text += _only("Only recorded now", new, old)
    text += _only("No longer recorded", old, new)
    text += [*_cost(old, new), ""]
    room = MOST_CHARACTERS - sum(map(len, text))
    for count, place in enumerate(differing):
        shown = _difference(place, old[place], new[place])
        room -= len(shown)
        if room < 0:
            text.append(f"… and {_counted(len(differing) - count)} more, for which there is no room here.")
            break
        text.append(shown)
    return "".join(f"{line}\n" for line in text)


def _read(path: str) -> dict[tuple[str, int], Row]:
    """Return the rows of a listing by cassette and index."""
    try:
        rows = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").split("\n") if line]
        return {(row["cassette"], row["index"]): row for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CassetteError(
            f"{path} is no listing of cassettes: {type(error).__name__}: {error}\n"
            f"  way out: chunktape show --format jsonl FOLDER > {path}"
        ) from None


def _words(row: Row) -> list[str]:
    """Return what an interaction says, line by line."""
    return list(_lines(row))


def _lines(row: Row) -> Iterator[str]:
    yield f"{row['method']} {row['url']} → {row['status']}"
    if row["dialect"] is None:
        yield f"body: {row['bytes']} bytes, sha256 {row['sha256']}"
        return
    yield f"model: {row['model']}"
    for choice in row["choices"]:
        for name in ("reasoning", "content", "refusal"):
            if choice[name] is not None:
                yield f"{name}:"
                yield from (f"  {line}" for line in choice[name].splitlines())
        for call in choice["tool_calls"]:
            yield f"tool: {call['name']}({call['arguments']})"
        yield f"finish_reason: {choice['finish_reason']}"
    if row["error"] is not None:
        yield f"error: {row['error']['code']}: {row['error']['message']}"
    if not row["complete"]:
        yield "complete: false"


def _difference(place: tuple[str, int], old: Row, new: Row) -> str:
    """Return one interaction, folded."""
    lines = list(unified_diff(_words(old), _words(new), n=_AROUND, lineterm=""))[_HEAD:]
    body = "\n".join("…" if line.startswith("@@") else line for line in lines)
    fence = "`" * max(3, *(len(run) + 1 for run in _BACKTICKS.findall(body)), 3)
    name = html.escape(f"{place[0]} #{place[1]}")
    return f"<details><summary>{name}</summary>\n\n{fence}diff\n{body}\n{fence}\n\n</details>\n"


def _only(title: str, here: dict[tuple[str, int], Row], there: dict[tuple[str, int], Row]) -> list[str]:
    """Return a line on what one side has alone, by cassette; none where it has nothing alone."""
    alone = Counter(cassette for cassette, index in here if (cassette, index) not in there)
    if not alone:
        return []
    names = [f"{as_code(name)} ({count})" for name, count in list(alone.items())[:20]]
    more = [f"{len(alone) - len(names)} more cassettes"] if len(alone) > len(names) else []
    return [f"* {title}: {', '.join([*names, *more])}."]


def _cost(old: dict[tuple[str, int], Row], new: dict[tuple[str, int], Row]) -> list[str]:
    """Return what the recordings cost whose bytes were not there before, and the tokens of all."""
    known = Counter((row["cassette"], row["sha256"]) for row in old.values())
    fresh = []
    for row in new.values():
        key = (row["cassette"], row["sha256"])
        if known[key]:
            known[key] -= 1
        else:
            fresh.append(row)
    costs = [row["cost"] for row in fresh if row["cost"] is not None]
    unknown = sum(row["dialect"] is not None and row["cost"] is None for row in fresh)
    besides = f", and {unknown:,} of unknown cost" if unknown else ""
    told = f"* Recording cost {as_usd(sum(costs))}: {_counted(len(costs))} of known cost{besides}."
    return [told if fresh else "* Nothing was recorded: all bytes are as they were.", *_tokens(old, new)]


def _tokens(old: dict[tuple[str, int], Row], new: dict[tuple[str, int], Row]) -> list[str]:
    told = []
    for name in ("input_tokens", "output_tokens"):
        sums = [sum((row["usage"] or {}).get(name) or 0 for row in side.values()) for side in (old, new)]
        if sums[0] != sums[1]:
            told.append(f"* {name.replace('_', ' ').capitalize()}: {sums[0]:,} before, {sums[1]:,} now.")
    return told


def _counted(count: int) -> str:
    return f"{count:,} interaction" if count == 1 else f"{count:,} interactions"
