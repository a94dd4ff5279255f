"""JSON schemas as models are shown them: without the titles that pydantic makes up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaMode
    from pydantic_core import CoreSchema

__all__ = ["GenerateJsonSchemaNoTitles", "GenerateStrictJsonSchema"]


class GenerateJsonSchemaNoTitles(GenerateJsonSchema):
    """JSON schemas without generated titles, and without a description of the whole.

    Titles that were written by hand stay, and so does a field that is called `title`.
    """

    # A default that JSON cannot hold is no news for the model.
    ignored_warning_kinds: ClassVar[set[Any]] = {"skipped-choice", "non-serializable-default"}  # type: ignore[misc]  # pydantic declares it so, but documents it as a class attribute

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        """Return that no field gets a title made from its name."""
        return False

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        """Return the JSON schema of a core schema."""
        found = super().generate(schema, mode=mode)
        for name, definition in found.get("$defs", {}).items():
            if _is_generated(definition.get("title"), name):
                del definition["title"]
        if "$ref" in found:
            # A model that holds itself is only a reference; tools need to see an object.
            found = found["$defs"][found["$ref"].rpartition("/")[2]] | {"$defs": found["$defs"]}
        return {key: value for key, value in found.items() if key not in {"title", "description"}}


class GenerateStrictJsonSchema(GenerateJsonSchemaNoTitles):
    """JSON schemas in the subset that strict structured outputs accept.

    Every object is closed, every property required, defaults are left out, a choice between schemas
    is `anyOf`. (https://platform.openai.com/docs/guides/structured-outputs#supported-schemas)
    """

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        """Return the strict JSON schema of a core schema."""
        found: JsonSchemaValue = _strict(super().generate(schema, mode=mode))
        return found


def _strict(schema: Any) -> Any:
    """Return a schema made strict; what stands for a name (a property, a definition) is no keyword."""
    if not isinstance(schema, dict):
        return schema
    made = {key: _strict_keyword(key, value) for key, value in schema.items() if key != "default"}
    if "oneOf" in made:
        made["anyOf"] = made.pop("oneOf")
        made.pop("discriminator", None)
    if "properties" in made or made.get("type") == "object":
        made.setdefault("additionalProperties", False)
        made["required"] = list(made.get("properties", {}))
    # A reference may have nothing beside it.
    return {"$ref": made["$ref"]} if "$ref" in made else made


def _strict_keyword(key: str, value: Any) -> Any:
    if key in {"properties", "$defs"}:
        return {name: _strict(one) for name, one in value.items()}
    if key in {"anyOf", "oneOf", "allOf", "prefixItems"}:
        return [_strict(one) for one in value]
    if key in {"items", "additionalProperties", "not"}:
        return _strict(value)
    return value


def _is_generated(title: Any, name: str) -> bool:
    if not isinstance(title, str):
        return False
    key = re.sub(r"[^a-zA-Z0-9.\-_]", "_", title)
    # Definitions of models that share a name are told apart by their module in front.
    return key == name or name.endswith(f"__{key}")
