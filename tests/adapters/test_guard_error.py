"""What the errors of the guard say."""

from __future__ import annotations

import socket

import pytest
from guarded import (
    BRIDGE,
    FAR,
    ONE,
    POOLED,
    REPLAYED,
    STACK,
    cassette,
)

from chunktape.errors import NetworkRefusedError


def refusal(call, **options):
    with cassette(**options), pytest.raises(NetworkRefusedError) as caught:
        call()
    return str(caught.value)


def test_a_refused_connect_explains_itself():
    """A connect says where it went, which cassette is open, why, and the way out."""
    with socket.socket() as sock:
        message = refusal(lambda: sock.connect((FAR, 443)))

    assert message == (
        f"Network refused: connect to 192.0.2.1:443\n  {ONE}\n  why: {STACK}\n"
        f'  way out: ignore_hosts=["192.0.2.1"] lets it through; {REPLAYED}\n'
        f"  or: {BRIDGE}"
    )


def test_a_refused_connect_by_ipv6_is_written_in_brackets():
    """An address with colons is told from its port."""
    with socket.socket(socket.AF_INET6) as sock:
        message = refusal(lambda: sock.connect(("2001:db8::1", 443)))

    assert message == (
        f"Network refused: connect to [2001:db8::1]:443\n  {ONE}\n  why: {STACK}\n"
        f'  way out: ignore_hosts=["2001:db8::1"] lets it through; {REPLAYED}\n'
        f"  or: {BRIDGE}"
    )


def test_a_refused_look_up_explains_itself():
    """A look-up says which name was asked for."""
    message = refusal(lambda: socket.getaddrinfo("api.example.invalid", 443))

    assert message == (
        f"Network refused: look-up of api.example.invalid:443\n  {ONE}\n  why: {STACK}\n"
        f'  way out: ignore_hosts=["api.example.invalid"] lets it through; {REPLAYED}\n'
        f"  or: {BRIDGE}"
    )


def test_a_refused_send_explains_itself(server):
    """A send over a connection from before says that it was."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as sock:
        message = refusal(lambda: sock.send(b"GET"), origins=server.origins)

    target = f"127.0.0.1:{server.server_port}"
    assert message == (
        f"Network refused: send to {target}\n  {ONE}\n"
        f"  why: the cassette holds {target}, so only the cassette may answer for it; {POOLED}\n"
        f'  way out: ignore_hosts=["127.0.0.1"] lets it through; {REPLAYED}'
    )


def test_a_refused_datagram_explains_itself():
    """A datagram to somewhere goes through no connection, and the error does not speak of one."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        message = refusal(lambda: sock.sendto(b"x", (FAR, 53)))

    assert message == (
        f"Network refused: send to 192.0.2.1:53\n  {ONE}\n  why: {STACK}\n"
        f'  way out: ignore_hosts=["192.0.2.1"] lets it through; {REPLAYED}\n'
        f"  or: {BRIDGE}"
    )


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: socket.gethostbyname("api.example.invalid"), "look-up of api.example.invalid"),
        (lambda: socket.gethostbyname_ex("api.example.invalid"), "look-up of api.example.invalid"),
        (lambda: socket.gethostbyaddr(FAR), "look-up of 192.0.2.1"),
        (lambda: socket.getnameinfo((FAR, 443), 0), "look-up of 192.0.2.1"),
        (
            lambda: socket.getaddrinfo(b"API.example.invalid.", "https"),
            "look-up of api.example.invalid:https",
        ),
    ],
)
def test_every_way_to_ask_a_name_server_is_refused(call, what):
    """Names and addresses are looked up by no function of the socket module."""
    assert refusal(call).startswith(f"Network refused: {what}\n")
