"""`plain`: what belongs to a call, as JSON can hold it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from enum import Enum, IntEnum
from pathlib import Path

import pytest
from pydantic import BaseModel

from chunktape import BaseTool
from chunktape.calls.plain import plain


class Color(Enum):
    RED = ("r", b"\x00")


class Number(IntEnum):
    ONE = 1


class Point(BaseModel):
    x: int


@dataclass
class Place:
    point: Point
    name: str


class Look(BaseTool):
    """Look around."""

    headers: str


class Odd:
    pass


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (1.5, 1.5),
        ("é", "é"),
        (b"\x00\xff", "AP8="),
        (bytearray(b"\x00"), "AA=="),
        (date(2024, 2, 29), "2024-02-29"),
        (Path("a") / "b", "a/b"),
        (Color.RED, ["r", "AA=="]),
        (Number.ONE, 1),
        (Point(x=1), {"x": 1}),
        (Place(Point(x=1), "p"), {"point": {"x": 1}, "name": "p"}),
        ((1, [2], {3}), [1, [2], [3]]),
        ({"b", "a"}, ["a", "b"]),
        ({1: {"a": b"\x00"}}, {"1": {"a": "AA=="}}),
        (Point, "Point"),
        (len, "len"),
        (Odd(), "<Odd>"),
        (1 + 2j, "(1+2j)"),
    ],
)
def test_plain(value, expected):
    """Every value becomes JSON, and two equal ones the same."""
    assert expected == plain(value)
    assert expected == json.loads(json.dumps(plain(value)))


@pytest.mark.parametrize(
    "name", ["client", "transport", "api_key", "http_client", "extra_headers", "headers"]
)
def test_clients_and_keys_are_left_out(name):
    """Clients and keys are left out wherever they stand."""
    assert {"deep": [{"kept": 1}]} == plain({name: "secret", "deep": [{"kept": 1, name: object()}]})


def test_parameters_of_a_tool_are_kept():
    """A tool's parameter may be called like a key or a client: its schema stays whole."""
    schema = {"type": "object", "properties": {"headers": {"type": "string"}, "client": {"type": "string"}}}

    assert schema == plain(schema)
    assert ["headers"] == list(plain(Look)["parameters"]["properties"])
    assert "Look" == plain(Look)["name"]
