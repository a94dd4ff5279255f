"""requests over urllib3: whatever way a body is read or sent, live, recording and replay agree."""

from __future__ import annotations

import io
from functools import partial

import pytest
import requests

from chunktape import Cassette, RecordingExhaustedError, use_cassette
from chunktape.loopback import Disconnect, Hang, Pause, Reply, Reset, Write

JSON = (("content-type", "application/json"),)
BODY = (Write(b'[1,\n"two'), Write(b'",\n3, "f\xc3\xb6ur"'), Write(b",\n5]"))
CUT = (*BODY[:2], Pause(0.05))
SIZE = sum(len(step.data) for step in BODY)


def _reply(*steps, framing="chunked", status=200, encoding=None, headers=JSON):
    return Reply(status=status, headers=headers, steps=steps, framing=framing, encoding=encoding)


PLAIN = {
    "chunked": _reply(*BODY),
    "length": _reply(*BODY, framing="length"),
    "close": _reply(*BODY, framing="close"),
    "empty": _reply(framing="length"),
    "no content": _reply(framing="length", status=204, headers=()),
}
ERRORS = {
    "404": _reply(*BODY, framing="length", status=404),
    "500 chunked": _reply(*BODY, status=500),
    "503 close": _reply(*BODY, status=503, framing="close"),
}
BROKEN = {
    "cut": _reply(*CUT, Disconnect()),
    "cut length": _reply(*CUT, Disconnect(), BODY[2], framing="length"),
    "reset": _reply(*CUT, Reset()),
    "silent": _reply(*CUT, Hang(3)),
}
BROKEN_ERRORS = {
    "500 cut": _reply(*CUT, Disconnect(), status=500),
    "500 cut length": _reply(*CUT, Disconnect(), BODY[2], framing="length", status=500),
    "500 reset": _reply(*CUT, Reset(), status=500),
    "500 silent": _reply(*CUT, Hang(3), status=500),
}
ENCODINGS = ("gzip", "deflate", "br", "zstd")
ENCODED = {
    **{one: _reply(*BODY, encoding=one) for one in ENCODINGS},
    "gzip length": _reply(*BODY, encoding="gzip", framing="length"),
    "gzip cut": _reply(*CUT, Disconnect(), encoding="gzip"),
    "gzip in name only": _reply(*BODY, headers=(*JSON, ("content-encoding", "gzip"))),
}
ENCODED_ERRORS = {
    "500 gzip": _reply(*BODY, encoding="gzip", status=500),
    "500 gzip length": _reply(*BODY, encoding="gzip", status=500, framing="length"),
    "500 br": _reply(*BODY, encoding="br", status=500),
    "500 gzip cut": _reply(*CUT, Disconnect(), encoding="gzip", status=500),
    "500 gzip in name only": _reply(*BODY, headers=(*JSON, ("content-encoding", "gzip")), status=500),
}


def _sizes(read, *sizes):
    """Yield what reads of these sizes give, one after the other, and the rest."""
    for size in sizes:
        yield read(size)
    yield read()


def _until_empty(read, size):
    yield from iter(partial(read, size), b"")


DECODED_WAYS = {
    "content": lambda answer: iter([answer.content]),
    "json": lambda answer: iter([answer.json()]),
    "iter_content(5)": lambda answer: answer.iter_content(5),
    "iter_content(None)": lambda answer: answer.iter_content(None),
    "iter_lines": lambda answer: answer.iter_lines(chunk_size=7),
    "raw.read(decode)": lambda answer: iter([answer.raw.read(decode_content=True)]),
    "raw.read(n, decode)": lambda answer: _until_empty(partial(answer.raw.read, decode_content=True), 6),
    "raw.stream(decode)": lambda answer: answer.raw.stream(1024, decode_content=True),
    "raw": lambda answer: iter(answer.raw),
}
WAYS = DECODED_WAYS | {
    "raw.read()": lambda answer: iter([answer.raw.read(), answer.raw.read(), answer.raw.closed]),
    "raw.read(n)": lambda answer: _until_empty(answer.raw.read, 6),
    "raw.read(0, 4, 3)": lambda answer: _sizes(answer.raw.read, 0, 4, 3),
    "raw.read1": lambda answer: iter([b"".join(_until_empty(answer.raw.read1, 6))]),
    "raw.stream(4)": lambda answer: answer.raw.stream(4),
    "raw.data": lambda answer: iter([answer.raw.data, answer.raw.data, answer.raw.isclosed()]),
    "raw.json()": lambda answer: iter([answer.raw.json()]),
    "raw.readline": lambda answer: iter([answer.raw.readline(), answer.raw.readline()]),
    "raw.readinto": lambda answer: iter([answer.raw.readinto(buffer := bytearray(9)), bytes(buffer)]),
    "raw.tell": lambda answer: iter([answer.raw.closed, answer.raw.read(5), answer.raw.tell()]),
    "TextIOWrapper": lambda answer: iter([io.TextIOWrapper(answer.raw, "utf-8").read()]),
    "BufferedReader": lambda answer: iter([io.BufferedReader(answer.raw).read()]),
}


def _outcome(url, way, *, stream=True):
    """Return all that the caller of requests sees: the head, the pieces, and the exception at the end."""
    seen = []
    try:
        with requests.get(url, stream=stream, timeout=(5, 0.3)) as answer:
            seen += [answer.status_code, answer.reason, answer.headers.get("content-type")]
            for piece in way(answer):
                seen.append(piece)
    except Exception as error:  # noqa: BLE001 which one is what is compared
        return seen, type(error), str(error)
    return seen, None, None


def _three(provider, folder, replies, act, **options):
    """Return what `act` gives live, while recording, and replayed."""
    provider.play(*replies)
    live = act()
    provider.play(*replies)
    with use_cassette(folder / "tape.yaml", record_mode="once", **options):
        recording = act()
    with use_cassette(folder / "tape.yaml", record_mode="none", **options):
        replayed = act()
    return live, recording, replayed


def _joined(outcome):
    seen, *error = outcome
    return [*seen[:3], b"".join(one for one in seen[3:] if isinstance(one, bytes)), *error]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", PLAIN)
def test_a_body_is_the_same_whatever_way_it_is_read(provider, tmp_path, name, way):
    """Pieces, exceptions and the state of the raw response are those of the live one."""
    act = partial(_outcome, provider.url + "/x", WAYS[way])
    live, recording, replayed = _three(provider, tmp_path, [PLAIN[name]], act)

    assert live == recording
    assert live == replayed


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ERRORS)
def test_the_body_of_an_error_is_left_for_whoever_reads_it(provider, tmp_path, name, way):
    """That the body of an error is read ahead takes nothing from its reader."""
    act = partial(_outcome, provider.url + "/x", WAYS[way])
    live, recording, replayed = _three(provider, tmp_path, [ERRORS[name]], act)

    assert live == recording
    if "iter" in way or "stream" in way:
        # It was recorded in the pieces of the wire, which are cut to the reader's size each.
        live, replayed = _joined(live), _joined(replayed)
    assert live == replayed


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", BROKEN_ERRORS)
def test_the_body_of_an_error_breaks_for_whoever_reads_it(provider, tmp_path, name, way):
    """The exception in the body of an error is raised where it is read, as live."""
    act = partial(_outcome, provider.url + "/x", WAYS[way])
    outcomes = _three(provider, tmp_path, [BROKEN_ERRORS[name]], act)

    # How much of it urllib3 still gives out, and names in the text, depends on the size of the read.
    exact = way in {"content", "iter_content(None)"} and "length" not in name
    live, recording, replayed = (one if exact else (one[0][:3], one[1]) for one in outcomes)
    assert live == recording
    assert live == replayed


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", BROKEN)
def test_a_body_that_breaks_breaks_the_same_way(provider, tmp_path, name, way):
    """What came before the break is given out, and the exception is the live one with its text."""
    act = partial(_outcome, provider.url + "/x", WAYS[way])
    live, recording, replayed = _three(provider, tmp_path, [BROKEN[name]], act)

    assert live == recording
    assert live == replayed


@pytest.mark.parametrize("way", DECODED_WAYS)
@pytest.mark.parametrize("name", ENCODED)
def test_an_encoded_body_is_decoded_the_same_way(provider, tmp_path, name, way):
    """A compressed body is read the same, also where it is cut or is not what its head says."""
    act = partial(_outcome, provider.url + "/x", DECODED_WAYS[way])
    live, recording, replayed = _three(provider, tmp_path, [ENCODED[name]], act)

    assert live == recording
    assert live == replayed


@pytest.mark.parametrize("way", DECODED_WAYS)
@pytest.mark.parametrize("name", ENCODED_ERRORS)
def test_the_encoded_body_of_an_error_is_left_too(provider, tmp_path, name, way):
    """A compressed error is decoded by its reader, by the same exception if that fails."""
    act = partial(_outcome, provider.url + "/x", DECODED_WAYS[way])
    outcomes = _three(provider, tmp_path, [ENCODED_ERRORS[name]], act)

    # Reading ahead cuts an encoded body where the wire did, not where the reader would have.
    live, recording, replayed = (_joined(one)[:5] for one in outcomes)
    assert live == recording
    assert live == replayed


@pytest.mark.parametrize("name", [*PLAIN, *ERRORS, *BROKEN, *BROKEN_ERRORS, *ENCODED, *ENCODED_ERRORS])
def test_a_body_that_is_not_streamed(provider, tmp_path, name):
    """Without `stream`, the body comes or breaks inside of the call."""
    script = (PLAIN | ERRORS | BROKEN | BROKEN_ERRORS | ENCODED | ENCODED_ERRORS)[name]
    act = partial(_outcome, provider.url + "/x", WAYS["content"], stream=False)
    live, recording, replayed = _three(provider, tmp_path, [script], act)

    assert live == recording
    if name == "500 gzip in name only":  # found out when it was saved, in other words
        live, replayed = live[:2], replayed[:2]
    assert live == replayed


@pytest.mark.parametrize("status", [200, 404])
def test_head(provider, tmp_path, status):
    """HEAD has the length of a body, and none."""
    script = _reply(status=status, framing="length", headers=(("content-length", "1234"),))

    def act():
        answer = requests.head(provider.url + "/x", timeout=5)
        return answer.status_code, answer.headers["content-length"], answer.content, answer.raw.closed

    live, recording, replayed = _three(provider, tmp_path, [script], act)

    assert (status, "1234", b"", True) == live
    assert live == recording
    assert live == replayed


@pytest.mark.parametrize("status", [200, 500])
def test_what_cannot_be_decoded_keeps_its_header(provider, tmp_path, status):
    """A body in an unknown encoding comes as it is, and says so, replayed too."""
    script = _reply(Write(b"\x1f\x9dxyz"), headers=(("content-encoding", "compress"),), status=status)

    def act():
        answer = requests.get(provider.url + "/x", timeout=5)
        return answer.headers.get("content-encoding"), answer.content

    live, recording, replayed = _three(provider, tmp_path, [script], act)

    assert ("compress", b"\x1f\x9dxyz") == live
    assert live == recording
    assert live == replayed


def test_another_way_of_reading_loses_nothing(provider, tmp_path):
    """A body that was recorded in one piece is replayed to reads of any size, mixed."""
    provider.play(_reply(Write(b"0123456789abcdef"), framing="length"))
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        requests.get(provider.url + "/x", timeout=5)

    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        answer = requests.get(provider.url + "/x", stream=True, timeout=5)
        seen = [answer.raw.read(4), answer.raw.read1(2), *answer.iter_content(7)]
    assert [b"0123", b"45", b"6789abc", b"def"] == seen


def test_chunks_are_replayed_as_they_were_recorded(provider, tmp_path):
    """However much is asked for, a chunk is not joined with the next."""
    provider.play(_reply(*BODY))
    with use_cassette(tmp_path / "tape.yaml", record_mode="once"):
        list(requests.get(provider.url + "/x", stream=True, timeout=5).iter_content(None))

    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        answer = requests.get(provider.url + "/x", stream=True, timeout=5)
        assert [step.data for step in BODY] == list(answer.iter_content(4096))


@pytest.mark.parametrize(
    ("read", "ending"),
    [
        (lambda raw: raw.read(0), "closed"),
        (lambda raw: raw.read(3), "closed"),
        (lambda raw: raw.read1(), "closed"),
        (lambda raw: raw.read(SIZE), "eof"),
        (lambda raw: raw.read(-1), "eof"),
        (lambda raw: raw.read(), "eof"),
        (lambda raw: raw.read(decode_content=True), "eof"),
    ],
    ids=["nothing", "a part", "what is there", "exactly all", "all by -1", "all", "all decoded"],
)
def test_only_the_end_is_recorded_as_the_end(provider, tmp_path, read, ending):
    """Asking for nothing, or getting a part of the body, is not its end."""
    script = _reply(BODY[0], Pause(0.2), *BODY[1:], framing="length")
    provider.play(script)
    with (
        use_cassette(tmp_path / "tape.yaml", record_mode="once"),
        requests.get(provider.url + "/x", stream=True, timeout=5) as answer,
    ):
        read(answer.raw)
    [interaction] = Cassette.load(tmp_path / "tape.yaml").interactions

    assert ending == interaction.ending.kind


def test_reading_on_where_the_recording_was_left_is_said(provider, tmp_path):
    """The raw response of a recording that was left does not look like a shorter one."""
    provider.play(_reply(*BODY))
    with (
        use_cassette(tmp_path / "tape.yaml", record_mode="once"),
        requests.get(provider.url + "/x", stream=True, timeout=5) as answer,
    ):
        next(answer.iter_content(None))

    with (
        pytest.raises(RecordingExhaustedError),
        use_cassette(tmp_path / "tape.yaml", record_mode="none"),
        requests.get(provider.url + "/x", stream=True, timeout=5) as answer,
    ):
        answer.raw.read()
