"""A value keeps the schema of its tool, or the first place where it does not is named."""

from __future__ import annotations

import pytest

from chunktape.audit.json_schema import violation

POINT = {
    "type": "object",
    "properties": {"x": {"type": "integer"}, "label": {"type": ["string", "null"]}},
    "required": ["x"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        ({"x": 1}, POINT, None),
        ({"x": 1.0, "label": None}, POINT, None),
        ({"x": True}, POINT, "$.x is no integer"),
        ({"x": 1.5}, POINT, "$.x is no integer"),
        ({}, POINT, "$ lacks x"),
        ({"x": 1, "y": 2}, POINT, "$.y is unknown"),
        ({"x": 1, "label": 3}, POINT, "$.label is no string or null"),
        ([], POINT, "$ is no object"),
        ("c", {"enum": ["a", "b"]}, "$ is none of the values of its enum: 'c'"),
        (True, {"enum": [1]}, "$ is none of the values of its enum: True"),
        (2, {"const": 1}, "$ is not the value that it must be: 2"),
        ([1, "a"], {"items": {"type": "integer"}}, "$[1] is no integer"),
        ([1, "a"], {"prefixItems": [{"type": "integer"}, {"type": "null"}]}, "$[1] is no null"),
        (5, {"minimum": 6}, "$ is beyond its minimum"),
        (5, {"exclusiveMaximum": 5}, "$ is beyond its exclusiveMaximum"),
        ("", {"minLength": 1}, "$ is beyond its minLength"),
        ([1, 2], {"maxItems": 1}, "$ is beyond its maxItems"),
        (1, {"anyOf": [{"type": "string"}, {"type": "null"}]}, "$ fits none of its anyOf"),
        (None, {"anyOf": [{"type": "string"}, {"type": "null"}]}, None),
        (1, {"oneOf": [{"type": "integer"}, {"type": "number"}]}, "$ fits more than one of its oneOf"),
        (1, {"allOf": [{"type": "integer"}, {"minimum": 2}]}, "$ is beyond its minimum"),
        (
            {"p": {"x": "1"}},
            {"$defs": {"P": POINT}, "properties": {"p": {"$ref": "#/$defs/P"}}},
            "$.p.x is no integer",
        ),
        ({"a": 1}, {"additionalProperties": {"type": "string"}}, "$.a is no string"),
        ({"a": 1}, {"additionalProperties": False, "patternProperties": {"a": {}}}, None),
        (1, False, "$ is not allowed"),
        (1, True, None),
        (1, None, None),
        ("x", {"type": "colour", "pattern": "(", "format": "date"}, None),
        (1, {"$ref": "https://example.org/schema"}, None),
        (1, {"$ref": "#/nowhere"}, None),
    ],
)
def test_the_first_break_is_named(value, schema, expected):
    """Types, enums, members, items, bounds and combinations are judged; what is unknown is kept."""
    assert expected == violation(value, schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"allOf": [{"$ref": "#"}] * 10},
        {"type": 5, "enum": 5, "required": 5, "properties": 5, "items": 5, "anyOf": 5, "minimum": "x"},
        {"type": [["a"]], "required": [1, None], "properties": {"a": 5}, "$ref": 5},
    ],
)
@pytest.mark.parametrize("value", [None, {"a": [1]}, [[]], "x", 10**400])
def test_a_schema_of_any_shape_is_taken(schema, value):
    """A schema that refers to itself or means nothing neither raises nor takes for ever."""
    assert violation(value, schema) is None or isinstance(violation(value, schema), str)


def test_long_lists_are_looked_at_for_so_long():
    """What would be compared a hundred million times is taken for kept; a short list is not."""
    enum = {"items": {"enum": [*map(str, range(5000)), "a"]}}

    assert violation(["a"] * 20_000 + ["b"], enum) is None
    assert "$[20] is none of the values of its enum: 'b'" == violation(["a"] * 20 + ["b"], enum)
