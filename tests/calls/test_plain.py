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
from chunktape.calls.tool_output import text_of_output
from chunktape.calls.written import written_arguments


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


def test_what_a_tool_gave_is_told_whole():
    """No key of a tool's output is left out on its way to the model, whatever it is called."""
    output = {"client": "Acme", "headers": {"x": "1"}, "api_key": "none", "n": 1}

    assert output == json.loads(text_of_output(output))


def test_arguments_of_a_call_are_written_without_clients_and_headers():
    """Clients and headers are left out where an SDK takes them, and nowhere else."""
    kwargs = {
        "client": object(),
        "extra_headers": {"authorization": "Bearer x"},
        "call_params": {"headers": {"x": "1"}, "temperature": 0.5},
        "tools": [{"parameters": {"properties": {"headers": {"type": "string"}}}}],
    }

    assert {
        "call_params": {"temperature": 0.5},
        "tools": [{"parameters": {"properties": {"headers": {"type": "string"}}}}],
    } == written_arguments(kwargs)
