from __future__ import annotations

import asyncio
import gzip
import zlib

import pytest

from chunktape import Ending, Failure, Head, Request
from chunktape.tape.tap import Tap, client_of, framing_of

REQUEST = Request("POST", "http://provider.test/v1", (("user-agent", "OpenAI/Python 3.51.0"),), b"{}")
CHUNKED = Head(200, "OK", (("Transfer-Encoding", "chunked"),), "HTTP/1.1")


def _describe(error):
    return Failure("reset", type(error).__name__, str(error))


def _encoded(name, length=None):
    headers = (("content-encoding", name),) + ((("content-length", str(length)),) if length else ())
    return Head(200, "OK", headers, "HTTP/1.1")


def test_keeps_chunks_times_and_facts():
    """A finished recording holds the chunks as they came, their times, and what was known beside them."""
    tap = Tap(REQUEST, recorded_by="tests/test_app.py::test_hello")
    tap.begin(CHUNKED)
    with tap.reading(_describe):
        tap.keep(b"ab")
        tap.ask()
        tap.keep(b"c")
        tap.ask()
    got = tap.interaction

    assert [b"ab", b"c"] == [chunk.data for chunk in got.chunks]
    assert got.timing.head <= got.timing.at[0] <= got.timing.at[1] <= got.timing.end
    assert all(0 <= waited <= at for waited, at in zip(got.timing.waited, got.timing.at, strict=True))
    assert Ending("eof", got.timing.end / 1e6) == got.ending
    assert ("openai/3.51.0", "chunked", "tests/test_app.py::test_hello") == (
        got.client,
        got.framing,
        got.recorded_by,
    )
    assert got.recorded_at.microsecond % 1000 == 0


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (GeneratorExit(), Ending("closed")),
        (asyncio.CancelledError(), Ending("cancelled")),
        (OSError("gone"), Ending("error", None, Failure("reset", "OSError", "gone", "body"))),
    ],
)
def test_ending_is_what_left_the_reading(raised, expected):
    """An exception that leaves the reading decides the ending, and goes on its way."""
    tap = Tap(REQUEST)
    tap.begin(CHUNKED)

    with pytest.raises(type(raised)), tap.reading(_describe):
        raise raised
    assert expected == tap.ending


def test_failure_before_a_head_is_one_of_connecting():
    """What is raised while the request is sent is a failure of the phase `connect`, without a head."""
    tap = Tap(REQUEST)

    with pytest.raises(OSError, match="refused"), tap.sending(_describe):
        raise OSError("refused")
    assert tap.interaction.head is None
    assert tap.ending.failure.phase == "connect"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["closed", "eof"], "eof"),
        (["eof", "closed"], "eof"),
        (["error", "eof"], "error"),
        (["cancelled", "closed"], "cancelled"),
        (["closed"], "closed"),
        ([], "open"),
    ],
)
def test_strongest_first_ending_counts(said, expected):
    """SDKs close what they have read to the end, and read on after a generator was dropped."""
    tap = Tap(REQUEST)
    for kind in said:
        tap.end(kind)

    assert expected == tap.ending.kind


def test_encoded_chunks_are_kept_decoded():
    """Each chunk is what it decoded to; one that decodes to nothing yet joins the next."""
    packed = gzip.compress(b"data: a\n\ndata: b\n\n", mtime=0)
    tap = Tap(REQUEST)
    tap.begin(_encoded("gzip", len(packed)))
    for piece in (packed[:4], packed[4:15], packed[15:]):
        tap.ask()
        tap.keep(piece)
    tap.end("eof")
    got = tap.interaction

    assert got.body == b"data: a\n\ndata: b\n\n"
    assert len(got.ends) == len(got.timing.at) < 3
    assert got.content_encoding == "gzip"
    assert (("content-length", "18"),) == got.head.headers


def test_decoded_chunks_are_left_alone():
    """A stack that undoes the encoding itself hands out plain bytes under the old header."""
    tap = Tap(REQUEST)
    tap.begin(_encoded("gzip"), decoded=True)
    tap.keep(b"plain")
    got = tap.interaction

    assert (b"plain", "gzip", ()) == (got.body, got.content_encoding, got.head.headers)


def test_lie_about_the_encoding_is_a_broken_protocol():
    """A body that is not in its encoding is kept as far as it could be read, and breaks again in replay."""
    tap = Tap(REQUEST)
    tap.begin(_encoded("gzip"))
    tap.keep(b"data: plain\n\n")
    tap.end("eof")
    got = tap.interaction

    assert got.body == b""
    assert (got.ending.failure.kind, got.ending.failure.type) == ("protocol", "httpx2.DecodingError")


def test_unknown_encoding_is_kept_as_it_came():
    """What nobody can decode stays as it is, under its header."""
    tap = Tap(REQUEST)
    tap.begin(_encoded("x-own"))
    tap.keep(b"\x01\x02")
    got = tap.interaction

    assert (b"\x01\x02", None) == (got.body, got.content_encoding)
    assert (("content-encoding", "x-own"),) == got.head.headers


def test_raw_deflate_is_deflate_too():
    """Many servers send raw deflate under the name of zlib's."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    tap = Tap(REQUEST)
    tap.begin(_encoded("deflate"))
    tap.keep(packer.compress(b"hello") + packer.flush())

    assert tap.interaction.body == b"hello"


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("OpenAI/Python 3.51.0", "openai/3.51.0"),
        ("AsyncOpenAI/Python 3.51.0", "openai/3.51.0"),
        ("AsyncAzureOpenAI/Python 3.51.0", "openai/3.51.0"),
        ("Anthropic/Python 2.10.0", "anthropic/2.10.0"),
        ("azsdk-python-ai-inference/1.0.0b9 Python/3.11.7 (Linux)", "ai-inference/1.0.0b9"),
        ("python-requests/2.34.2", "python-requests/2.34.2"),
        ("curl", "curl"),
        (None, None),
    ],
)
def test_client_is_the_sdk_and_its_version(agent, expected):
    """The user agent names the SDK that made the request."""
    headers = (("User-Agent", agent),) if agent else ()

    assert expected == client_of(Request("POST", "http://provider.test/", headers))


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (CHUNKED, "chunked"),
        (Head(200, headers=(("content-length", "3"),), http_version="HTTP/1.1"), "length"),
        (Head(200, headers=(), http_version="HTTP/1.0"), "close"),
        (Head(200, headers=(("content-length", "3"),), http_version="HTTP/2"), "h2"),
    ],
)
def test_framing_follows_the_head(head, expected):
    """How the end of the body is told follows RFC 9112 §6.3."""
    assert expected == framing_of(head)


def test_encoded_body_that_was_left_has_no_length():
    """A content-length that counts what was read by chance would call a cut body complete."""
    packed = gzip.compress(b"data: a\n\ndata: b\n\n" * 50, mtime=0)
    tap = Tap(REQUEST)
    tap.begin(_encoded("gzip", len(packed)))
    tap.keep(packed[:-12])
    tap.end("closed")

    assert () == tap.interaction.head.headers
    assert tap.interaction.body


def test_gzip_of_several_members_is_read_to_its_end():
    """A gzip body may be several files one after the other."""
    tap = Tap(REQUEST)
    tap.begin(_encoded("gzip"))
    tap.keep(gzip.compress(b"first ", mtime=0) + gzip.compress(b"second", mtime=0)[:9])
    tap.keep(gzip.compress(b"second", mtime=0)[9:])

    assert tap.interaction.body == b"first second"


def test_zstd_that_is_cut_short_is_a_broken_protocol():
    """The stacks raise for a zstd body that is not whole, so a replay does."""
    zstandard = pytest.importorskip("zstandard")
    packed = zstandard.ZstdCompressor().compress(b"data: a\n\n" * 200)
    tap = Tap(REQUEST)
    tap.begin(_encoded("zstd"))
    tap.keep(packed[:-3])
    tap.end("eof")

    assert (tap.interaction.ending.kind, tap.interaction.ending.failure.kind) == ("error", "protocol")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304), ("POST", 204)])
def test_headers_of_a_body_that_is_not_there_stay(method, status):
    """A reply without a body keeps what it says of the body that it would have."""
    head = Head(status, headers=(("content-encoding", "gzip"), ("content-length", "1234")))
    tap = Tap(Request(method, "http://provider.test/"))
    tap.begin(head)
    tap.end("eof")

    assert head == tap.interaction.head
