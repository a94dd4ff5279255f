"""Reading one chat completions object: an event of a stream, or a body that came at once.

Each function takes the decoded JSON and gives one thing that it says, or None where it says nothing.
All of them take objects of any shape: hosts send what they like.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.dialects import stream_error
from chunktape.dialects.answer import Usage, count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.dialects.assembly import StreamError

__all__ = [
    "Audio",
    "annotations_of",
    "audio_of",
    "choices_of",
    "content_of",
    "error_of",
    "filter_results_of",
    "finish_reasons_of",
    "id_of",
    "index_of",
    "logprobs_of",
    "message_of",
    "model_of",
    "pieces_of",
    "prompt_filter_results_of",
    "raw_usage_of",
    "reasoning_of",
    "refusal_of",
    "thought_of",
    "usage_of",
]

_REASONING = ("reasoning_content", "reasoning")


class Audio(NamedTuple):
    """Spoken output: `data` is the decoded sound, as far as it is in this object."""

    id: str | None
    data: bytes | None
    transcript: str | None
    expires_at: int | None


def choices_of(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the choices that are objects."""
    choices = data.get("choices")
    return [one for one in choices if isinstance(one, dict)] if isinstance(choices, list) else []


def index_of(choice: dict[str, Any]) -> int:
    """Return the index of a choice; one without any is the first."""
    index = choice.get("index")
    return index if type(index) is int else 0


def message_of(choice: dict[str, Any]) -> dict[str, Any]:
    """Return the delta or the message of a choice; Azure's filter events have neither (autogen#6465)."""
    # Perplexity sends all the text so far in `message`, beside the `delta`, which may be empty.
    message = choice["delta"] if "delta" in choice else choice.get("message")
    return message if isinstance(message, dict) else {}


def _firsts(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in choices_of(data) if index_of(one) == 0]


def _joined(data: dict[str, Any], kind: str, names: tuple[str, ...]) -> str | None:
    found: list[str] = []
    for choice in _firsts(data):
        message, seen = message_of(choice), None
        for name in names:
            for one, piece in pieces_of(name, message.get(name)):
                # Newer vLLM says the same under both of its names.
                if one == kind and (name == "content" or piece != seen):
                    found.append(piece)
                    seen = piece
    return "".join(found) if found else None


def pieces_of(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the texts of one field by kind; Mistral sends content as a list of typed parts."""
    if isinstance(value, str):
        yield ("thinking" if name in _REASONING else name), value
        return
    for part in value if isinstance(value, list) else ():
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text" and isinstance(part.get("text"), str):
            yield name, part["text"]
        elif kind == "thinking":
            yield "thinking", thought_of(part)


def thought_of(part: dict[str, Any]) -> str:
    """Return the text of one of Mistral's thinking parts."""
    inner = part.get("thinking")
    if isinstance(inner, str):
        return inner
    texts = [one.get("text") for one in inner if isinstance(one, dict)] if isinstance(inner, list) else []
    return "".join(text for text in texts if isinstance(text, str))


def content_of(data: dict[str, Any]) -> str | None:
    """Return the text of the choice whose index is 0."""
    return _joined(data, "content", ("content",))


def refusal_of(data: dict[str, Any]) -> str | None:
    """Return the refusal of the first choice."""
    return _joined(data, "refusal", ("refusal",))


def reasoning_of(data: dict[str, Any]) -> str | None:
    """Return the reasoning of the first choice, whatever the host calls it."""
    return _joined(data, "thinking", (*_REASONING, "content"))


def finish_reasons_of(data: dict[str, Any]) -> list[str] | None:
    """Return the reasons that are there; an empty one is none (cc-switch#5087)."""
    reasons = [one.get("finish_reason") for one in choices_of(data)]
    return [one for one in reasons if isinstance(one, str) and one] or None


def logprobs_of(data: dict[str, Any]) -> dict[str, Any] | None:
    """Return the log probabilities of the first choice."""
    found = [one["logprobs"] for one in _firsts(data) if isinstance(one.get("logprobs"), dict)]
    return found[0] if found else None


def filter_results_of(data: dict[str, Any]) -> dict[str, Any] | None:
    """Return what Azure's content filter says of the first choice."""
    found = [one.get("content_filter_results") for one in _firsts(data)]
    return next((one for one in found if isinstance(one, dict)), None)


def prompt_filter_results_of(data: dict[str, Any]) -> list[Any] | None:
    """Return what Azure's content filter says of the prompt."""
    # `prompt_annotations` is what api-versions of 2023 call it.
    found = data.get("prompt_filter_results") or data.get("prompt_annotations")
    return found if isinstance(found, list) else None


def annotations_of(data: dict[str, Any]) -> list[Any] | None:
    """Return the annotations of the first choice, such as citations of the web."""
    found = [message_of(one).get("annotations") for one in _firsts(data)]
    return next((one for one in found if isinstance(one, list) and one), None)


def audio_of(data: dict[str, Any]) -> Audio | None:
    """Return the spoken output of the first choice."""
    for choice in _firsts(data):
        raw = message_of(choice).get("audio")
        if isinstance(raw, dict):
            sound, expires_at = raw.get("data"), raw.get("expires_at")
            return Audio(
                _string(raw.get("id")),
                _decoded(sound) if isinstance(sound, str) else None,
                raw["transcript"] if isinstance(raw.get("transcript"), str) else None,
                expires_at if isinstance(expires_at, int) else None,
            )
    return None


def _decoded(text: str) -> bytes | None:
    try:
        return b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None


def id_of(data: dict[str, Any]) -> str | None:
    """Return the id of the response; an empty one is none."""
    return _string(data.get("id"))


def model_of(data: dict[str, Any]) -> str | None:
    """Return the model that answered; an empty one is none."""
    return _string(data.get("model"))


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def raw_usage_of(data: dict[str, Any]) -> dict[str, Any] | None:
    """Return the usage object as the provider sent it (Groq: also in ``x_groq``)."""
    usage = data.get("usage")
    if not isinstance(usage, dict) and isinstance(data.get("x_groq"), dict):
        usage = data["x_groq"].get("usage")
    return usage if isinstance(usage, dict) else None


def usage_of(data: dict[str, Any]) -> Usage | None:
    """Return the token counts that an event or a body holds."""
    raw = raw_usage_of(data)
    if raw is None:
        return None
    cached = count(raw, "prompt_tokens_details", "cached_tokens")
    return Usage(
        input_tokens=count(raw, "prompt_tokens"),
        output_tokens=count(raw, "completion_tokens"),
        cached_tokens=count(raw, "prompt_cache_hit_tokens") if cached is None else cached,  # DeepSeek
        cache_write_tokens=count(raw, "prompt_tokens_details", "cache_write_tokens"),
        reasoning_tokens=count(raw, "completion_tokens_details", "reasoning_tokens"),
        raw=raw,
    )


def error_of(data: dict[str, Any], name: str | None = None) -> StreamError | None:
    """Return the error that an event carries; `name` is the event's ``event:`` field."""
    found = data.get("error")
    if not found and isinstance(data.get("x_groq"), dict):
        found = data["x_groq"].get("error")
    if not found:
        # OpenRouter may put it into a choice; older vLLM sends the bare error object.
        found = next((one["error"] for one in choices_of(data) if one.get("error")), None)
    if not found and (name == "error" or data.get("object") == "error"):
        found = data
    return stream_error.error_of({"error": found})._replace(raw=data) if found else None
