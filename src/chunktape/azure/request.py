"""From the body of a request, which is the same for both kinds of client, to what each of them is given."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any

from chunktape.azure.sdk import JsonSchemaFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["body_params", "complete_arguments", "create_arguments"]

# The keywords of ``complete``; everything else in the body is one of its ``model_extras``.
_KEYWORDS = frozenset(
    {
        *("messages", "model", "tools", "tool_choice", "seed", "stop", "temperature", "top_p", "max_tokens"),
        *("frequency_penalty", "presence_penalty"),
    }
)
_FOR_HTTP = {"extra_headers": "headers", "extra_query": "params"}


def body_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return call parameters as they stand in the body of the request; a new dictionary of plain data.

    What is None is not sent. `extra_headers` and `extra_query` stay beside it.
    """
    extras = {**(params.get("extra_body") or {}), **(params.get("model_extras") or {})}
    named = {name: value for name, value in params.items() if name not in {"extra_body", "model_extras"}}
    found = {name: _plain(value) for name, value in (named | extras).items() if value is not None}
    if "response_format" in found:
        found["response_format"] = _response_format(params.get("response_format"), found["response_format"])
    return found


def complete_arguments(client: Any, body: Mapping[str, Any], *, stream: bool) -> dict[str, Any]:
    """Return what ``ChatCompletionsClient.complete`` is given.

    The extras that the client was built with come along: the SDK forgets them where a call has its own.
    """
    found: dict[str, Any] = {own: body[name] for name, own in _FOR_HTTP.items() if name in body}
    found |= {name: value for name, value in body.items() if name in _KEYWORDS}
    rest = {name: value for name, value in body.items() if name not in _KEYWORDS and name not in _FOR_HTTP}
    shape = _sdk_format(rest.get("response_format"))
    if shape is not None:
        found["response_format"] = shape
        del rest["response_format"]
    kept = getattr(client, "_model_extras", None) or {}
    extras = {**kept, **rest}
    if kept.get("stream_options") and rest.get("stream_options"):
        extras["stream_options"] = {**kept["stream_options"], **rest["stream_options"]}
    if extras:
        found["model_extras"] = extras
    return found | ({"stream": True} if stream else {})


def create_arguments(create: Callable[..., Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``create`` of openai's clients is given; what it does not know goes into ``extra_body``."""
    parameters = signature(create).parameters
    if any(one.kind is Parameter.VAR_KEYWORD for one in parameters.values()):
        # Somebody's decorator is around it, and does not tell what it knows.
        return dict(body)
    found = {name: value for name, value in body.items() if name in parameters}
    rest = {name: value for name, value in body.items() if name not in parameters}
    return found | ({"extra_body": rest} if rest else {})


def _plain(value: Any) -> Any:
    """Return an object of the SDK's as JSON; an enumeration's member is text already."""
    return value.as_dict() if hasattr(value, "as_dict") else value


def _response_format(given: Any, plain: Any) -> Any:
    """Return a format as the body says it; the SDK words it more shortly."""
    if isinstance(plain, str):
        return {"type": str.__str__(plain)}
    return {"type": "json_schema", "json_schema": plain} if isinstance(given, JsonSchemaFormat) else plain


def _sdk_format(plain: Any) -> Any:
    """Return a format in the SDK's words, or None where it has none."""
    match plain:
        case {"type": "text" | "json_object" as kind, **rest} if not rest:
            return kind
        case {"type": "json_schema", "json_schema": dict() as schema, **rest} if not rest:
            return JsonSchemaFormat(schema)
        case _:
            return None
