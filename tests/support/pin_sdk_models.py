"""Writes down the fields of the installed SDKs' models of a reply; run it by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal, get_args, get_origin

import anthropic
import openai
from anthropic.types import Message, RawMessageStreamEvent
from openai.types import Completion
from openai.types.chat import ChatCompletion, ChatCompletionChunk, chat_completion_chunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel

PLACE = Path(__file__).parents[2] / "src" / "chunktape" / "audit" / "sdk_model.json"
SCHEMA = PLACE.with_name("sdk_schema.json")
MODELS = (
    *("ChatCompletionChunk", "Choice", "ChoiceDelta", "ChoiceDeltaToolCall", "ChoiceDeltaToolCallFunction"),
)


def models():
    """Return the models of this environment's SDK, as they are written down."""
    found = {}
    for name in MODELS:
        fields = getattr(chat_completion_chunk, name).model_fields
        required = sorted(field for field, one in fields.items() if one.is_required())
        found[name] = {"fields": sorted(fields), "required": required}
    return {"openai": {"version": openai.__version__, "models": found}}


def schema():
    """Return which model each event is, and what each model holds, by the dialect."""
    known = {}
    roots = {
        "chat_completions": ("openai", {"chunk": [ChatCompletionChunk], "body": [ChatCompletion]}),
        "completions": ("openai", {"chunk": [Completion], "body": [Completion]}),
        "responses": ("openai", {"event": _models_in(ResponseStreamEvent), "body": [Response]}),
        "messages": ("anthropic", {"event": _models_in(RawMessageStreamEvent), "body": [Message]}),
    }
    dialects = {
        dialect: {"sdk": sdk}
        | {name: [_kept(one, known) for one in models] for name, models in kinds.items()}
        for dialect, (sdk, kinds) in roots.items()
    }
    versions = {"openai": openai.__version__, "anthropic": anthropic.__version__}
    return {"versions": versions, "dialects": dialects, "models": dict(sorted(known.items()))}


def _kept(model, known):
    """Return the name of a model, which is written down with all below it."""
    name = (
        f"{model.__module__.removeprefix('openai.types.').removeprefix('anthropic.types.')}.{model.__name__}"
    )
    if name not in known:
        found = known[name] = {}
        fields = {one.alias or field: one for field, one in model.model_fields.items()}
        below = {
            field: [_kept(one, known) for one in _models_in(own.annotation)] for field, own in fields.items()
        }
        words = {field: sorted(_words_in(own.annotation)) for field, own in fields.items()}
        found["required"] = sorted(field for field, own in fields.items() if own.is_required())
        found["optional"] = sorted(field for field, own in fields.items() if not own.is_required())
        found["below"] = {field: models for field, models in sorted(below.items()) if models}
        found["words"] = {field: said for field, said in sorted(words.items()) if said}
    return name


def _models_in(annotation):
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return [annotation] if issubclass(annotation, BaseModel) else []
    arguments = get_args(annotation)[:1] if get_origin(annotation) is Annotated else get_args(annotation)
    # The values of a mapping have names that nobody fixed.
    if get_origin(annotation) is dict:
        return []
    return [model for one in arguments for model in _models_in(one)]


def _words_in(annotation):
    if get_origin(annotation) is Literal:
        return {one for one in get_args(annotation) if isinstance(one, str)}
    arguments = get_args(annotation)[:1] if get_origin(annotation) is Annotated else get_args(annotation)
    return set().union(*(_words_in(one) for one in arguments))


def written(pinned):
    """Return what is written down: a line for each model."""
    lines = [f"{json.dumps(name)}: {json.dumps(one)}" for name, one in pinned["models"].items()]
    top = [f"{json.dumps(name)}: {json.dumps(pinned[name])}" for name in ("versions", "dialects")]
    return "{" + ",\n".join([*top, '"models": {\n' + ",\n".join(lines)]) + "}}\n"


if __name__ == "__main__":
    PLACE.write_text(json.dumps(models(), indent=2) + "\n", encoding="utf-8")
    SCHEMA.write_text(written(schema()), encoding="utf-8")
