"""Whatever was recorded reads back, by us and by everybody who reads YAML."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vcr.serialize import deserialize, serialize
from vcr.serializers import jsonserializer, yamlserializer

from chunktape.tape import codec
from chunktape.tape.interaction import Interaction, Timing
from chunktape.wire.message import Ending, Failure, Head, Request
from chunktape.wire.sse import block_ends

# A busy machine is no failure.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

PIECES = [
    *(
        piece.encode()
        for piece in ("\n", "\n\n", "\r", "\r\n", "\t", " ", "   ", "a", "data: {}", "---", "...")
    ),
    *(piece.encode() for piece in ("# x", "- ", "?", ": ", "'", '"', "\\", "\\n", "|", "%", "version: 1")),
    *(
        piece.encode()
        for piece in ("\x00", "\x7f", "\x85", "\u2028", "\u2029", "\ufeff", "\ufffe", "\U0001ffff")
    ),
    *(piece.encode() for piece in ("😀", "你好", "<<<<<<< HEAD\n", "=======\n")),
    b"\n  response:\n    body:\n      string: |+\n",
    b"\n    headers:",
    b"\xff",
    b"\xc2",
]
BODIES = st.one_of(
    st.binary(max_size=40),
    st.text(max_size=40).map(str.encode),
    st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join),
)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
NAMES = st.text(st.characters(codec="utf-8"), max_size=10).map(str.lower)
HEADERS = st.dictionaries(NAMES, TEXTS, max_size=4).map(lambda found: tuple(sorted(found.items())))
TIMES = st.integers(0, 10**12)
KINDS = st.sampled_from(["eof", "closed", "cancelled", "error", "open"])


@st.composite
def interactions(draw):
    """Draw an interaction as a recording leaves it."""
    body = draw(BODIES)
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=6)))
    ends = (*cuts, len(body)) if body else tuple(cuts)
    if draw(st.booleans()):
        ends = tuple(block_ends(body))
    timing = None
    if draw(st.booleans()):
        at = sorted(draw(st.lists(TIMES, min_size=len(ends), max_size=len(ends))))
        waited = draw(st.lists(TIMES, min_size=len(ends), max_size=len(ends)))
        timing = Timing(draw(st.none() | TIMES), tuple(at), tuple(waited), draw(st.none() | TIMES))
    end = None if timing is None or timing.end is None else timing.end / 1e6
    failure = Failure("other", draw(TEXTS), draw(TEXTS)) if draw(st.booleans()) else None
    head = Head(draw(st.integers(100, 598)), draw(st.none() | TEXTS), draw(HEADERS), draw(st.none() | TEXTS))
    return Interaction(
        Request(draw(TEXTS), draw(TEXTS), draw(HEADERS), draw(BODIES)),
        head if draw(st.booleans()) else None,
        body,
        ends,
        ending=draw(st.none() | KINDS.map(lambda kind: Ending(kind, end, failure))),
        timing=timing,
        recorded_at=draw(st.none() | st.just(datetime(2026, 11, 20, 1, 2, 3, 4000, tzinfo=UTC))),
        recorded_by=draw(st.none() | TEXTS),
        client=draw(st.none() | TEXTS),
        framing=draw(st.none() | TEXTS),
        content_encoding=draw(st.none() | TEXTS),
    )


@patient
@given(st.lists(interactions(), max_size=3))
def test_what_is_written_reads_back(several):
    """Reading what was written gives exactly what was recorded, down to the microsecond."""
    assert several == codec.loads(codec.dumps(several), name="a.yaml")


@patient
@given(BODIES)
def test_every_yaml_reader_reads_the_same_bytes(body):
    """PyYAML's two readers find the bytes that were recorded, in the request and in the response."""
    one = Interaction(Request("POST", "x", (), body), Head(200), body, (len(body),) if body else ())
    data = codec.dumps([one])
    expected = codec.loads(data, name="a.yaml")[0].body

    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        tree = yaml.load(data, loader)  # noqa: S506 both are safe loaders
        found = tree["interactions"][0]["response"]["body"]["string"]
        assert expected == (found if isinstance(found, bytes) else found.encode())


@patient
@given(st.lists(interactions(), min_size=1, max_size=3))
def test_stock_vcrpy_reads_and_saves_ours(several):
    """Stock vcrpy finds the same bodies, and what it saves still has our times and chunks."""
    several = [
        replace(one, request=replace(one.request, url="https://a.test/", headers=())) for one in several
    ]
    data = codec.dumps(several)

    requests, responses = deserialize(data.decode(), yamlserializer)
    bodies = [response["body"]["string"] for response in responses]
    saved = serialize({"requests": requests, "responses": responses}, yamlserializer)

    assert [one.body for one in several] == bodies
    assert several == codec.loads(saved.encode(), name="a.yaml")


@patient
@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join).filter(lambda body: b"\xff" not in body))
def test_vcrpy_may_save_ours_as_json(body):
    """A cassette that vcrpy's JSON serializer saved keeps our block."""
    body = body.decode(errors="ignore").encode()
    one = Interaction(
        Request("GET", "https://a.test/"), Head(200), body, tuple(block_ends(body)), Ending("eof")
    )
    requests, responses = deserialize(codec.dumps([one]).decode(), yamlserializer)

    saved = serialize({"requests": requests, "responses": responses}, jsonserializer)

    assert [one] == codec.loads(saved.encode(), name="a.json")


@patient
@given(st.binary(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
def test_rubbish_is_damage_and_nothing_else(data):
    """No bytes make the reader fail in a way of its own, or answer with an empty cassette."""
    for name in ("a.yaml", "a.json", "a.yaml.gz"):
        try:
            found = codec.loads(data, name=name)
        except codec.CassetteError as error:
            found = str(error)
        assert str(found).startswith("Damaged cassette: ")
