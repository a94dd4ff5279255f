from __future__ import annotations

import zlib
from dataclasses import replace

import brotli
import pytest
import zstandard

from chunktape.errors import ConfigurationError
from chunktape.loopback import Disconnect, Finish, Hang, Pause, Reply, Reset, Write, raw
from chunktape.loopback.arrival import Arrival
from chunktape.loopback.framing import on_the_wire
from chunktape.wire import Request

POST = Arrival(Request("POST", "http://127.0.0.1:1/"))
LAST = Arrival(Request("POST", "http://127.0.0.1:1/"), keep_alive=False)
BARE = Reply(headers=())
HEAD = b"HTTP/1.1 200 OK\r\nx-loopback-provider: chunktape\r\n"
DECODERS = {
    "gzip": lambda: zlib.decompressobj(31).decompress,
    "deflate": lambda: zlib.decompressobj(15).decompress,
    "br": lambda: brotli.Decompressor().process,
    "zstd": lambda: zstandard.ZstdDecompressor().decompressobj().decompress,
}


def played(reply, arrival=POST):
    return list(on_the_wire(reply, arrival))


def test_each_write_is_one_chunk():
    """In chunked framing a write goes out as one chunk, and the end as the last chunk."""
    reply = replace(BARE, steps=(Write(b"ab"), Pause(1), Write(b"c" * 16)))

    steps = played(reply)

    assert steps == [
        Write(HEAD + b"transfer-encoding: chunked\r\nconnection: keep-alive\r\n\r\n"),
        Write(b"2\r\nab\r\n"),
        Pause(1),
        Write(b"10\r\n" + b"c" * 16 + b"\r\n"),
        Write(b"0\r\n\r\n"),
    ]


def test_a_length_is_announced_for_the_whole_body():
    """Framing by length counts every write up to the finish, also those that are never sent."""
    reply = replace(
        BARE, framing="length", steps=(Write(b"ab"), Reset(), Write(b"cd"), Finish(), Write(b"e"))
    )

    steps = played(reply)

    assert steps == [
        Write(HEAD + b"content-length: 4\r\nconnection: keep-alive\r\n\r\n"),
        Write(b"ab"),
        Reset(),
    ]


def test_an_own_content_length_is_kept():
    """A script may announce a length of its own."""
    reply = Reply(headers=(("Content-Length", "9"),), framing="length", steps=(Write(b"ab"),))

    head = played(reply)[0]

    assert head == Write(
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nx-loopback-provider: chunktape\r\n"
        b"connection: keep-alive\r\n\r\n"
    )


def test_framing_by_close_ends_with_the_connection():
    """Without length or chunks the end of the connection is the end of the body."""
    reply = replace(BARE, framing="close", steps=(Write(b"ab"),))

    steps = played(reply)

    assert steps == [Write(HEAD + b"connection: close\r\n\r\n"), Write(b"ab"), Disconnect()]


def test_a_client_that_will_not_stay_is_let_go():
    """Where the client asks for it, the connection is closed after a whole reply."""
    steps = played(replace(BARE, steps=(Write(b"a"),)), LAST)

    assert steps[2:] == [Write(b"0\r\n\r\n"), Disconnect()]


@pytest.mark.parametrize("last", [Disconnect(), Reset()])
@pytest.mark.parametrize("arrival", [POST, LAST])
def test_nothing_follows_the_end_of_the_connection(last, arrival):
    """After a disconnect or reset no step is performed, wherever it stands."""
    in_body = replace(BARE, steps=(Write(b"a"), last, Write(b"b")))
    ahead = replace(in_body, before=(Hang(1), last))

    steps = [played(in_body, arrival)[1:], played(ahead, arrival)]

    assert steps == [[Write(b"1\r\na\r\n"), last], [Hang(1), last]]


def test_without_a_head_the_connection_closes():
    """`Reply.no_head` performs its steps, bytes as they are, and closes."""
    steps = played(Reply.no_head(Hang(1), Write(b"HTTP/1.1 20")))

    assert steps == [Hang(1), Write(b"HTTP/1.1 20"), Disconnect()]


@pytest.mark.parametrize(
    ("method", "status"),
    [("HEAD", 200), ("POST", 204), ("POST", 304)],
)
def test_replies_without_a_body_send_none(method, status):
    """HEAD requests and the bodiless statuses get the head alone."""
    steps = played(raw(b"a", status=status), Arrival(Request(method, "http://127.0.0.1:1/")))

    assert len(steps) == 1


@pytest.mark.parametrize("encoding", DECODERS)
def test_a_decoder_sees_each_piece_at_once(encoding):
    """Encoded pieces are flushed one by one, so that each can be decoded when it arrives."""
    pieces = [b"data: one\n\n", b"data: \xe7\xa3", b"\x81\n\n"]
    decode = DECODERS[encoding]()

    steps = played(raw(*pieces, headers=(), framing="close", encoding=encoding))

    assert [decode(step.data) for step in steps[1:4]] == pieces


@pytest.mark.parametrize("encoding", DECODERS)
def test_an_encoded_body_has_its_encoded_length(encoding):
    """The content-length of an encoded body is that of the bytes on the wire."""
    head, *body = played(raw(b"ab", b"cd", headers=(), framing="length", encoding=encoding))

    wire = b"".join(step.data for step in body)

    assert f"content-encoding: {encoding}\r\ncontent-length: {len(wire)}\r\n".encode() in head.data


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: Write(b""),
            (
                "Write() got no bytes; an empty HTTP chunk would end the body. "
                "Leave the step out, or use Finish() to end the body."
            ),
        ),
        (
            lambda: Reply(framing="chunk"),
            (
                "Reply() got the unknown framing 'chunk'; "
                "known are chunked, length, close; did you mean 'chunked'?"
            ),
        ),
        (
            lambda: Reply(encoding="gzp"),
            (
                "Reply() got the unknown encoding 'gzp'; "
                "known are gzip, deflate, br, zstd; did you mean 'gzip'?"
            ),
        ),
        (
            lambda: Reply(before=(Finish(),)),
            (
                "Reply() got Finish() in `before`, where no body has begun. "
                "Use Disconnect() to close the connection, or move the step to `steps`."
            ),
        ),
    ],
)
def test_a_script_that_means_nothing_is_refused_where_it_is_written(build, message):
    """A wrong script fails in the test that wrote it, not in the provider's thread."""
    with pytest.raises(ConfigurationError) as refusal:
        build()

    assert str(refusal.value) == message


def test_an_encoding_whose_package_is_missing_says_so(monkeypatch):
    """Asking for br without its package names the package and the way around it."""
    monkeypatch.setitem(__import__("sys").modules, "brotli", None)

    with pytest.raises(ConfigurationError) as refusal:
        Reply(encoding="br")

    assert str(refusal.value) == (
        "Reply() cannot encode as 'br': the package brotli is not installed. "
        "Install it (pip install brotli), or use gzip or deflate."
    )
