"""AZR: what Azure adds to chat completions streams, on top of the rules of OAI.

Source of the filter: https://learn.microsoft.com/azure/foundry/openai/concepts/content-streaming. Two of
the family are no rules: they are what other rules leave alone, and named in `EXEMPTIONS`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from chunktape.audit.chat import Chat, shown
from chunktape.audit.finding import Hit
from chunktape.audit.mutation import inserted, objects, placed, rewritten, setting, written
from chunktape.audit.rule import Rule
from chunktape.audit.rules.oai_finish import is_finish
from chunktape.audit.rules.oai_frame import CHAT, has_choices
from chunktape.errors import shorten
from chunktape.wire.message import Head

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from chunktape.audit.exchange import Exchange
    from chunktape.tape.interaction import Interaction

__all__ = ["EXEMPTIONS", "RULES", "Exemption"]

_FILTER = "https://learn.microsoft.com/azure/foundry/openai/concepts/content-streaming"
_OFFSETS = ("check_offset", "start_offset", "end_offset")
_NOTE = {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": []}


class Exemption(NamedTuple):
    """Something that a host is known to send, and the rules that leave it alone."""

    id: str
    title: str
    source: str
    rules: tuple[str, ...]


EXEMPTIONS: tuple[Exemption, ...] = (
    Exemption(
        "AZR-1",
        "the first chunk may be about the prompt alone, with empty choices, id, model and object",
        "pydantic-ai#797, semantic-kernel#3650, azure-sdk-for-go#21086",
        ("OAI-2", "OAI-3", "OAI-4", "OAI-5", "OAI-6", "OAI-7", "OAI-U1"),
    ),
    Exemption(
        "AZR-3",
        "choices may have content_filter_results",
        _FILTER,
        ("OAI-8", "OAI-X1"),
    ),
)


def _prompt_first(exchange: Exchange) -> Iterator[Hit]:
    chat = exchange.once(Chat)
    notes = chat.prompt_notes
    if notes and notes[0] is not chat.chunks[0]:
        yield Hit("the note about the prompt is not the first chunk", "not first", notes[0].number)
    for one in notes[1:]:
        yield Hit("a note about the prompt comes again", "again", one.number, shown(one.value))


def _prompt_later(one: Interaction, random: Random) -> Interaction | None:
    places = objects(one, has_choices)
    return inserted(one, random.choice(places).stop, written(_NOTE)) if places else None


def _offsets(exchange: Exchange) -> Iterator[Hit]:
    chat = exchange.once(Chat)
    found: list[tuple[int, dict[str, Any]]] = []
    # The texts of several choices are looked at side by side.
    least: dict[tuple[str, str], int] = {}
    for one in chat.pieces if chat.has_notes else ():
        offsets = one.choice.get("content_filter_offsets")
        if offsets.__class__ is not dict:
            continue
        found.append((one.number, offsets))
        for name in _OFFSETS:
            after = offsets.get(name)
            before = least.get((repr(one.index), name))
            if type(after) is not int:
                continue
            least[repr(one.index), name] = after
            if before is not None and after < before:
                told = f"{name} falls from {shown(before)} to {shown(after)}"
                yield Hit(told, name, one.number, f"{name}: {shown(after)}")
    starts = [offsets["start_offset"] for _, offsets in found if _is_count(offsets.get("start_offset"))]
    ends = [offsets["end_offset"] for _, offsets in found if _is_count(offsets.get("end_offset"))]
    if not starts or not ends or len(chat.indexes) > 1 or not chat.is_whole or _is_filtered(chat):
        return
    # The text begins behind the prompt, and nothing says in what unit it is counted: none is smaller.
    texts = [delta.get("content") for _, delta in chat.deltas]
    length = sum(len(text) for text in texts if isinstance(text, str))
    if max(ends) - min(starts) < length:
        seen = shown(max(ends) - min(starts))
        yield Hit(f"the filter saw {seen} of {length} characters", "not covered", found[-1][0])


def _is_count(value: Any) -> bool:
    return value.__class__ is int


def _is_filtered(chat: Chat) -> bool:
    return any(reason == "content_filter" for _, reason in chat.finishes)


def _back_again(one: Interaction, random: Random) -> Interaction | None:
    places = objects(one, has_choices)
    if not places:
        return None
    data = b""
    for end in (900_000, random.randrange(100)):
        offsets = {"check_offset": end, "start_offset": 0, "end_offset": end}
        choice: dict[str, Any] = {"index": 0, "finish_reason": None, "content_filter_results": {}}
        note = {"id": "", "object": "", "created": 0, "model": ""}
        data += written(note | {"choices": [choice | {"content_filter_offsets": offsets}]})
    return inserted(one, random.choice(places).stop, data)


def _first_delta(exchange: Exchange) -> Iterator[Hit]:
    chat = exchange.once(Chat)
    if not chat.pieces or not chat.is_azure:
        return
    first = chat.pieces[0]
    if "delta" not in first.choice and "content_filter_offsets" not in first.choice:
        yield Hit("the first choice has no delta", "first delta", first.number, shown(first.choice))


def _without_first(one: Interaction, _: Random) -> Interaction | None:
    places = objects(one, has_choices)
    if not places:
        return None
    choice: dict[str, Any] = {"index": 0, "finish_reason": None, "content_filter_results": {}}
    return rewritten(one, (places[0], placed(places[0].value, ("choices",), [choice])))


def _filtered(exchange: Exchange) -> Iterator[Hit]:
    chat = exchange.once(Chat)
    if not chat.is_azure or not _is_filtered(chat):
        return
    notes = [one.choice.get("content_filter_results") for one in chat.pieces]
    notes += [one.choice.get("content_filter_result") for one in chat.pieces]
    if not any(_says_filtered(one) for one in notes):
        last = next(one.number for one, reason in chat.finishes if reason == "content_filter")
        yield Hit("the filter ended the answer, and no note of it says so", "content_filter", last)


def _says_filtered(note: Any) -> bool:
    """Return whether a kind of content was filtered; the user's own lists of words make a list of them."""
    kinds = note.values() if note.__class__ is dict else ()
    told = [each for one in kinds for each in (one if one.__class__ is list else [one])]
    return any(one.__class__ is dict and one.get("filtered") is True for one in told)


def _unsaid(one: Interaction, _: Random) -> Interaction | None:
    finishes = objects(one, is_finish)
    if not finishes:
        return None
    block = finishes[0]
    choices = [
        {**choice, "finish_reason": "content_filter", "content_filter_results": {}}
        for choice in block.value["choices"]
    ]
    return rewritten(one, (block, placed(block.value, ("choices",), choices)))


def _checkpoint(exchange: Exchange) -> Iterator[Hit]:
    if b'"latency_checkpoint"' not in exchange.body:
        return
    for number, value in exchange.once(Chat).chunks:
        found = value.get("latency_checkpoint")
        if found is not None:
            told = f"latency_checkpoint: {shown(found)}"
            yield Hit("Azure tells its own latency", "latency_checkpoint", number, told)


def _served(exchange: Exchange) -> Iterator[Hit]:
    if (exchange.header("x-ms-is-spilled-over") or "").strip().lower() == "true":
        yield Hit("another deployment answered", "spilled over", None, "x-ms-is-spilled-over: true")
    served = (exchange.header("x-ms-served-model") or "").strip()
    if not served:
        return
    asked = [exchange.asked.get("model"), _deployment(exchange), exchange.header("x-ms-deployment-name")]
    replied = [exchange.answered.get("model"), *exchange.once(Chat).column("model")]
    models = {one: None for one in (*asked, *replied) if isinstance(one, str) and one}
    if models and not any(_is_one(one, served) for one in models):
        told = f"{shorten(served, 60)} answered, and {shorten(', '.join(models), 100)} was asked for"
        yield Hit(told, "served model", None, f"x-ms-served-model: {served}")


def _deployment(exchange: Exchange) -> str | None:
    try:
        segments = urlsplit(exchange.interaction.request.url or "").path.split("/")
    except ValueError:
        return None
    if "deployments" not in segments[:-1]:
        return None
    return segments[segments.index("deployments") + 1]


def _is_one(name: str, other: str) -> bool:
    """Return whether two names may be of one model: one may lack the date of the other."""
    left, right = sorted((name.lower(), other.lower()), key=len)
    return right.startswith(left)


def _spilled(one: Interaction, random: Random) -> Interaction | None:
    head = one.head or Head(200)
    more = random.choice((("x-ms-is-spilled-over", "true"), ("x-ms-served-model", "invented-model")))
    kept = tuple(field for field in head.headers if field[0].lower() != more[0])
    return replace(one, head=replace(head, headers=(*kept, more)))


RULES: tuple[Rule, ...] = (
    Rule(
        id="AZR-2",
        title="the note about the prompt is the first chunk, and comes once",
        strict="warning",
        compat="warning",
        source="recorded streams of Azure",
        example='{"choices":[],"prompt_filter_results":[…]} as the third chunk',
        way_out="Pass over chunks without choices wherever they come.",
        check=_prompt_first,
        mutate=_prompt_later,
        dialects=CHAT,
    ),
    Rule(
        id="AZR-4",
        title="the offsets of the asynchronous filter grow, and cover all of the text",
        strict="warning",
        compat="warning",
        source=f"{_FILTER}; autogen#6465",
        example='{"content_filter_offsets":{"check_offset":90,…}} and then {"check_offset":44,…}',
        way_out="Take text for unchecked as far as no offset covers it.",
        check=_offsets,
        mutate=_back_again,
        dialects=CHAT,
    ),
    Rule(
        id="AZR-5",
        title="the first choice has a delta",
        strict="warning",
        compat="warning",
        source="a recorded stream of an old api-version; openai's `.stream()` raises AttributeError there",
        example='{"choices":[{"index":0,"finish_reason":null,"content_filter_results":{}}]} as the first',
        way_out="Ask with a newer api-version, or look for the delta before reading it.",
        check=_first_delta,
        mutate=_without_first,
        dialects=CHAT,
    ),
    Rule(
        id="AZR-6",
        title="the finish reason content_filter comes with a note that says what was filtered",
        strict="warning",
        compat="warning",
        source=_FILTER,
        example='{"finish_reason":"content_filter","content_filter_results":{}}',
        way_out="Tell the user that the filter ended the answer; nothing tells why.",
        check=_filtered,
        mutate=_unsaid,
        dialects=CHAT,
    ),
    Rule(
        id="AZR-7",
        title="no latency_checkpoint",
        strict="info",
        compat="info",
        source="two recorded streams of 2026; undocumented",
        example='{"latency_checkpoint":{"engine_ttft_ms":…,"service_ttft_ms":…}}',
        way_out="Nothing is wrong: it is the latency as the server saw it.",
        check=_checkpoint,
        mutate=setting("latency_checkpoint", to={"engine_ttft_ms": 1}, among=is_finish),
        dialects=CHAT,
    ),
    Rule(
        id="AZR-8",
        title="the deployment that was asked for answers, with its model",
        strict="warning",
        compat="warning",
        source="headers of recorded replies: x-ms-served-model, x-ms-is-spilled-over",
        example="x-ms-is-spilled-over: true",
        way_out="Give the deployment more capacity, or take the other one's latency and price for given.",
        check=_served,
        mutate=_spilled,
        dialects=CHAT,
        streams=False,
    ),
)
