import asyncio
import contextvars
import http.client
import io
import socket
import ssl
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType

import aiohttp
import anyio
import httpx2
import pytest
import urllib3
import uvloop
from fake_session import FakeSession
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from chunktape.adapters import guard
from chunktape.adapters.scope import close_session, open_session, passing
from chunktape.errors import NetworkRefusedError

STACK = "this goes through a stack that chunktape does not record (urllib3, http.client, bare aiohttp, …)"
POOLED = "this goes through a connection that was opened before the cassette"
REPLAYED = "what openai, anthropic, azure-ai-inference, httpx2, httpx and requests send is replayed"
ONE = "cassette: tests/cassettes/chat.yaml (its record mode cannot record)"
FAR = "192.0.2.1"  # TEST-NET-1, RFC 5737: nobody is there.

DOORS = [
    *((socket.socket, name) for name in ("connect", "connect_ex", "send", "sendall", "sendfile")),
    *((socket.socket, name) for name in ("sendto", "sendmsg")),
    *((ssl.SSLSocket, name) for name in ("send", "sendall", "write")),
    *((socket, name) for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex")),
    *((socket, name) for name in ("gethostbyaddr", "getnameinfo")),
    *((asyncio.BaseEventLoop, name) for name in ("getaddrinfo", "create_connection")),
    *((uvloop.Loop, name) for name in ("getaddrinfo", "create_connection", "sock_connect")),
    (uvloop.Loop, "create_datagram_endpoint"),
    (aiohttp.TCPConnector, "connect"),
    (anyio, "connect_tcp"),
    (asyncio.StreamWriter, "write"),
    (asyncio.selector_events._SelectorSocketTransport, "write"),  # noqa: SLF001 - what the guard patches
    (asyncio.selector_events._SelectorDatagramTransport, "sendto"),  # noqa: SLF001 - as above
]


@contextmanager
def cassette(**options):
    """Open a session with the guard up, as the first one does, and leave it again."""
    session = FakeSession(**options)
    opening = open_session(session)
    guard.install()
    try:
        yield session
    finally:
        close_session(opening)
        guard.uninstall()


@pytest.fixture
def server():
    """Serve on loopback, and count the requests."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.server.count += 1
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        count = 0

        def handle_error(self, *_):
            pass

    with Server(("127.0.0.1", 0), Handler) as one:
        one.url = f"http://127.0.0.1:{one.server_port}/"
        one.origins = frozenset({("127.0.0.1", one.server_port)})
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield one
        one.shutdown()
        thread.join()


# Every stack, asked for a URL.


def by_socket(url):
    parts = urllib3.util.parse_url(url)
    socket.create_connection((parts.host, parts.port or 80), timeout=5).close()


def by_connect_ex(url):
    parts = urllib3.util.parse_url(url)
    with socket.socket() as sock:
        sock.settimeout(5)
        sock.connect_ex((parts.host, parts.port or 80))


def by_http_client(url):
    parts = urllib3.util.parse_url(url)
    with closing(http.client.HTTPConnection(parts.host, parts.port, timeout=5)) as connection:
        connection.request("GET", "/")
        connection.getresponse().read()


def by_urllib(url):
    with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own server's
        response.read()


def by_urllib3(url):
    with urllib3.PoolManager() as pool:
        pool.request("GET", url, timeout=5)


def by_httpx2(url):
    with httpx2.Client(trust_env=False) as client:
        client.get(url)


def by_thread_pool(url):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(by_urllib3, url).result()


async def by_streams(url):
    parts = urllib3.util.parse_url(url)
    _, writer = await asyncio.open_connection(parts.host, parts.port or 80)
    writer.close()
    await writer.wait_closed()


async def by_happy_eyeballs(url):
    parts = urllib3.util.parse_url(url)
    _, writer = await asyncio.open_connection(parts.host, parts.port or 80, happy_eyeballs_delay=0.1)
    writer.close()
    await writer.wait_closed()


async def by_aiohttp(url):
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        await response.read()


async def by_async_httpx2(url):
    async with httpx2.AsyncClient(trust_env=False) as client:
        await client.get(url)


async def by_to_thread(url):
    await asyncio.to_thread(by_urllib3, url)


def on_asyncio(function):
    return pytest.param(lambda url: asyncio.run(function(url)), id=function.__name__)


def on_uvloop(function):
    return pytest.param(lambda url: uvloop.run(function(url)), id=f"{function.__name__}-uvloop")


SYNC = [by_socket, by_connect_ex, by_http_client, by_urllib, by_urllib3, by_httpx2, by_thread_pool]
ASYNC = [by_streams, by_aiohttp, by_async_httpx2, by_to_thread]
STACKS = [
    *(pytest.param(one, id=one.__name__) for one in SYNC),
    *(on_asyncio(one) for one in (*ASYNC, by_happy_eyeballs)),
    *(on_uvloop(one) for one in ASYNC),
]


@pytest.mark.parametrize("call", STACKS)
def test_a_refusal_reaches_the_caller_through_every_stack(call, server):
    """No stack swallows or wraps a refusal, and nothing arrives at the origin that the cassette holds."""
    with cassette(origins=server.origins) as session, pytest.raises(NetworkRefusedError) as caught:
        call(server.url)

    assert server.count == 0
    assert str(session.refused[0]) == str(caught.value)


@pytest.mark.parametrize("call", STACKS)
def test_a_name_outside_is_refused_through_every_stack(call):
    """A host that the cassette knows nothing of is refused before its name is looked up."""
    with cassette() as session, pytest.raises(NetworkRefusedError, match=r"api\.example\.invalid"):
        call("http://api.example.invalid/")

    assert session.refused


@pytest.mark.parametrize("call", STACKS)
def test_a_local_server_answers_as_ever(call, server):
    """Loopback passes where the cassette does not hold that origin."""
    with cassette(origins=frozenset({("127.0.0.1", 1)})) as session:
        call(server.url)

    assert session.refused == []


@pytest.mark.parametrize("call", STACKS)
@pytest.mark.parametrize(
    "options", [{"can_record": True}, {"ignored": ("127.0.0.*",)}], ids=["records", "ignores"]
)
def test_the_origin_of_the_cassette_is_let_through(call, options, server):
    """A session that may record, or that ignores the host, refuses nothing."""
    with cassette(origins=server.origins, **options) as session:
        call(server.url)

    assert session.refused == []


# Connections that were opened before the cassette was.


def test_a_pooled_connection_of_http_client_sends_nothing(server):
    """A connection that http.client opened earlier is past connect, and is refused at send."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)) as connection:
        connection.request("GET", "/")
        connection.getresponse().read()

        with cassette(origins=server.origins), pytest.raises(NetworkRefusedError):
            connection.request("GET", "/")

    assert server.count == 1


def test_a_pooled_connection_of_urllib3_sends_nothing(server):
    """A connection that urllib3 opened earlier is past connect, and is refused at send."""
    with urllib3.PoolManager() as pool:
        pool.request("GET", server.url)

        with cassette(origins=server.origins), pytest.raises(NetworkRefusedError):
            pool.request("GET", server.url)

    assert server.count == 1


def test_a_pooled_connection_of_httpx2_sends_nothing(server):
    """A connection that httpx2 opened earlier is past connect, and is refused at send."""
    with httpx2.Client(trust_env=False) as client:
        client.get(server.url)

        with cassette(origins=server.origins), pytest.raises(NetworkRefusedError):
            client.get(server.url)

    assert server.count == 1


async def pooled_httpx2(server):
    async with httpx2.AsyncClient(trust_env=False) as client:
        await client.get(server.url)
        with cassette(origins=server.origins), pytest.raises(NetworkRefusedError):
            await client.get(server.url)


async def pooled_aiohttp(server):
    async with aiohttp.ClientSession() as client:
        async with client.get(server.url) as response:
            await response.read()
        with cassette(origins=server.origins), pytest.raises(NetworkRefusedError):
            await client.get(server.url)


async def pooled_streams(server):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.server_port)
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    await reader.readuntil(b"ok")
    with cassette(origins=server.origins), pytest.raises(NetworkRefusedError):
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(
    ("run", "call"),
    [
        (asyncio.run, pooled_httpx2),
        (asyncio.run, pooled_aiohttp),
        (asyncio.run, pooled_streams),
        (uvloop.run, pooled_aiohttp),
        (uvloop.run, pooled_streams),
    ],
)
def test_a_pooled_connection_of_an_event_loop_sends_nothing(run, call, server):
    """Event loops swallow what is raised below their transports, so they are refused above them."""
    run(call(server))

    assert server.count == 1


def write_through_file(sock):
    with sock.makefile("wb", buffering=0) as file:
        file.write(b"GET")


@pytest.mark.parametrize("send", ["send", "sendall", "sendmsg", "sendfile", "sendto", "makefile"])
def test_every_way_to_send_is_refused_on_a_connection_from_before(send, server):
    """Whatever method a socket is written to with, its peer is judged."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as sock:
        calls = {
            "send": lambda: sock.send(b"GET"),
            "sendall": lambda: sock.sendall(b"GET"),
            "sendmsg": lambda: sock.sendmsg([b"GET"]),
            "sendfile": lambda: sock.sendfile(io.BytesIO(b"GET")),
            "sendto": lambda: sock.sendto(b"GET", ("127.0.0.1", server.server_port)),
            "makefile": lambda: write_through_file(sock),
        }

        with cassette(origins=server.origins), pytest.raises(NetworkRefusedError):
            calls[send]()


def anonymous(protocol):
    """Make a TLS context that needs no certificate: TLS 1.2 with an anonymous key exchange."""
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH:@SECLEVEL=0")
    return context


@pytest.fixture
def tls_server():
    """Serve one TLS connection on loopback, and keep what it sends."""
    received = []

    def serve(listening):
        plain, _ = listening.accept()
        with (
            anonymous(ssl.PROTOCOL_TLS_SERVER).wrap_socket(plain, server_side=True) as sock,
            suppress(OSError),
        ):
            while data := sock.recv(1000):
                received.append(data)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        yield listening.getsockname()[1], received
        thread.join(5)


@pytest.mark.parametrize("send", ["send", "sendall", "write"])
def test_every_way_to_send_is_refused_on_a_tls_connection_from_before(send, tls_server):
    """TLS writes past the methods of its socket; its own are watched, and know the host by name."""
    port, received = tls_server
    plain = socket.create_connection(("127.0.0.1", port), timeout=5)
    context = anonymous(ssl.PROTOCOL_TLS_CLIENT)

    with (
        context.wrap_socket(plain, server_hostname="api.example.com") as sock,
        cassette(origins=frozenset({("127.0.0.1", port)})),
        pytest.raises(NetworkRefusedError) as caught,
    ):
        getattr(sock, send)(b"GET")

    assert received == []
    assert str(caught.value) == (
        f"Network refused: send to api.example.com:{port} (127.0.0.1)\n  {ONE}\n"
        f"  why: the cassette holds 127.0.0.1:{port}, so only the cassette may answer for it; {POOLED}\n"
        f'  way out: ignore_hosts=["api.example.com"] lets it through; {REPLAYED}'
    )


def test_the_host_of_a_tls_connection_from_before_is_ignored_by_name(tls_server):
    """An ignored host is let through on a connection whose look-up nobody saw."""
    port, _ = tls_server
    plain = socket.create_connection(("127.0.0.1", port), timeout=5)
    context = anonymous(ssl.PROTOCOL_TLS_CLIENT)

    with (
        context.wrap_socket(plain, server_hostname="api.example.com") as sock,
        cassette(origins=frozenset({("127.0.0.1", port)}), ignored=("*.example.com",)) as session,
    ):
        sock.sendall(b"GET")

    assert session.refused == []


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_a_tls_connection_from_before_sends_nothing_but_its_goodbye(run, tls_server):
    """On an event loop a request is refused, and closing the connection is not."""
    port, received = tls_server

    async def call():
        context = anonymous(ssl.PROTOCOL_TLS_CLIENT)
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="x")
        with cassette(origins=frozenset({("127.0.0.1", port)})) as session:
            with pytest.raises(NetworkRefusedError):
                writer.write(b"GET")
            writer.close()
            await writer.wait_closed()
        return len(session.refused)

    refused = run(call())

    assert refused == 1
    assert received == []


@pytest.mark.parametrize(
    "farewell",
    [b"\x15\x03\x03\x00\x02\x01\x00", b"\x17\x03\x03\x00\x13" + bytes(19)],
    ids=["in the clear", "encrypted"],
)
def test_a_connection_from_before_may_say_goodbye(farewell, server):
    """Closing a TLS connection sends an alert, which is no reason to fail whoever closes it."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as sock:
        with cassette(origins=server.origins) as session:
            sent = sock.send(farewell)

        assert sent == len(farewell)
        assert session.refused == []


def test_more_than_an_alert_is_no_goodbye(server):
    """An encrypted record that could carry a request is refused."""
    with (
        socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as sock,
        cassette(origins=server.origins),
        pytest.raises(NetworkRefusedError),
    ):
        sock.send(b"\x17\x03\x03\x00\x14" + bytes(20))


# What is let through.


def test_socketpairs_and_unix_sockets_pass(tmp_path):
    """What has no address on a network is none of the guard's business."""
    path = str(tmp_path / "s")
    with (
        socket.socket(socket.AF_UNIX) as listening,
        socket.socket(socket.AF_UNIX) as sock,
        cassette() as session,
    ):
        listening.bind(path)
        listening.listen()
        sock.connect(path)
        sock.sendall(b"x")
        left, right = socket.socketpair()
        left.sendall(b"x")
        received = right.recv(1)
        left.close()
        right.close()

    assert received == b"x"
    assert session.refused == []


def test_a_server_of_this_process_answers_on_the_port_that_the_cassette_holds(server):
    """Only reaching for the origin is refused: a server there may answer whoever came before."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        with cassette(origins=server.origins) as session:
            received = sock.recv(17)

    assert received == b"HTTP/1.1 200 OK\r\n"
    assert session.refused == []


def test_transports_that_never_reach_the_network_work():
    """Starlette's TestClient, ASGITransport and MockTransport do what they always did."""
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("hello"))])

    async def by_asgi():
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as client:
            return await client.get("https://api.example.invalid/")

    with cassette(origins=frozenset({("api.example.invalid", 443)})) as session:
        with TestClient(app) as client:
            tested = client.get("/")
        mock = httpx2.MockTransport(lambda _: httpx2.Response(200, text="hello"))
        with httpx2.Client(transport=mock) as client:
            mocked = client.get("https://api.example.invalid/")
        asgi = asyncio.run(by_asgi())

    assert [one.text for one in (tested, mocked, asgi)] == ["hello"] * 3
    assert session.refused == []


@pytest.mark.parametrize("held", ["127.0.0.1", "localhost", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", ""])
def test_loopback_has_many_names_and_is_one_host(held, host, server):
    """The origin that the cassette holds is refused by whatever name this machine goes."""
    with (
        socket.socket() as sock,
        cassette(origins=frozenset({(held, server.server_port)})),
        pytest.raises(NetworkRefusedError),
    ):
        sock.connect((host, server.server_port))


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    "form", ["http://127.0.0.1:{}", "localhost:{}", "socks5h://user:secret@127.0.0.1:{}/"]
)
def test_a_proxy_on_loopback_is_refused(variable, form, server, monkeypatch):
    """Behind a local proxy lies the network, so its port is refused without saying its password."""
    monkeypatch.setenv(variable, form.format(server.server_port))

    with cassette(), pytest.raises(NetworkRefusedError) as caught:
        by_socket(server.url)

    target = f"127.0.0.1:{server.server_port}"
    assert str(caught.value) == (
        f"Network refused: connect to {target}\n  {ONE}\n"
        f"  why: this is the proxy that {variable} names, and the network lies behind it\n"
        f'  way out: ignore_hosts=["127.0.0.1"] lets it through; {REPLAYED}'
    )


@pytest.mark.parametrize("value", ["http://proxy.example.invalid:3128", "127.0.0.1:none", "http://127.0.0.1"])
def test_a_proxy_elsewhere_changes_nothing_for_a_local_server(value, server, monkeypatch):
    """Only the port of a proxy on this machine is refused, and a senseless variable is nothing."""
    monkeypatch.setenv("HTTPS_PROXY", value)

    with cassette() as session:
        by_socket(server.url)

    assert session.refused == []


def test_passing_lets_everything_through(server):
    """What an adapter sends live by its own decision is not refused."""
    with cassette(origins=server.origins) as session, passing():
        by_http_client(server.url)

    assert server.count == 1
    assert session.refused == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", FAR, "2001:db8::1", "", None, "localhost", socket.gethostname()]
)
def test_a_look_up_that_asks_nobody_passes(host):
    """Addresses, the empty host and this machine's own names need no name server.

    Some machines cannot resolve their own name; that they were asked is what matters.
    """
    with cassette() as session, suppress(socket.gaierror):
        socket.getaddrinfo(host, 80)

    assert session.refused == []


def test_a_numeric_look_up_of_a_name_fails_as_ever():
    """AI_NUMERICHOST asks nobody, so the system's own answer comes back."""
    with cassette() as session, pytest.raises(socket.gaierror):
        socket.getaddrinfo("api.example.invalid", 443, flags=socket.AI_NUMERICHOST)

    assert session.refused == []


def test_the_address_of_an_ignored_name_passes(server):
    """Stacks connect by address: the one that an ignored host's look-up gave is let through."""
    with cassette(origins=server.origins, ignored=("localhost",)) as session:
        address = socket.getaddrinfo("localhost", server.server_port, socket.AF_INET)[0][4]
        with socket.socket() as sock:
            sock.connect(address)
            sock.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            received = sock.recv(17)

    assert received == b"HTTP/1.1 200 OK\r\n"
    assert session.refused == []


def test_the_address_of_an_ignored_name_is_forgotten(server):
    """What one cassette's look-ups gave does not open the door of the next."""
    with cassette(ignored=("localhost",)):
        socket.getaddrinfo("localhost", 80)

    with cassette(origins=server.origins, ignored=("localhost",)), pytest.raises(NetworkRefusedError):
        by_socket(server.url)


# What the errors say.


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
        f'  way out: ignore_hosts=["192.0.2.1"] lets it through; {REPLAYED}'
    )


def test_a_refused_connect_by_ipv6_is_written_in_brackets():
    """An address with colons is told from its port."""
    with socket.socket(socket.AF_INET6) as sock:
        message = refusal(lambda: sock.connect(("2001:db8::1", 443)))

    assert message == (
        f"Network refused: connect to [2001:db8::1]:443\n  {ONE}\n  why: {STACK}\n"
        f'  way out: ignore_hosts=["2001:db8::1"] lets it through; {REPLAYED}'
    )


def test_a_refused_look_up_explains_itself():
    """A look-up says which name was asked for."""
    message = refusal(lambda: socket.getaddrinfo("api.example.invalid", 443))

    assert message == (
        f"Network refused: look-up of api.example.invalid:443\n  {ONE}\n  why: {STACK}\n"
        f'  way out: ignore_hosts=["api.example.invalid"] lets it through; {REPLAYED}'
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
        f'  way out: ignore_hosts=["192.0.2.1"] lets it through; {REPLAYED}'
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


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_every_door_of_an_event_loop_is_refused(run):
    """Look-ups, connections and datagrams of a loop are refused in the caller's context."""

    async def doors():
        loop = asyncio.get_running_loop()
        with socket.socket() as sock:
            sock.settimeout(0)
            calls = [
                lambda: loop.getaddrinfo("api.example.invalid", 443),
                lambda: loop.create_connection(asyncio.Protocol, "api.example.invalid", 443),
                lambda: loop.sock_connect(sock, (FAR, 443)),
                lambda: loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(FAR, 53)),
            ]
            refused = []
            for call in calls:
                with pytest.raises(NetworkRefusedError) as caught:
                    await call()
                refused.append(str(caught.value).partition("\n")[0].removeprefix("Network refused: "))
            return refused

    with cassette():
        refused = run(doors())

    assert refused == [
        "look-up of api.example.invalid:443",
        "connect to api.example.invalid:443",
        "connect to 192.0.2.1:443",
        "connect to 192.0.2.1:53",
    ]


@pytest.mark.parametrize(
    ("connected", "why"),
    [(False, STACK), (True, POOLED)],
)
async def test_a_datagram_of_an_event_loop_is_refused(connected, why):
    """A datagram is refused above the transport, which would swallow it, and nothing arrives."""
    loop = asyncio.get_running_loop()
    with socket.socket(type=socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.setblocking(False)  # noqa: FBT003 - its name says what it is
        address = receiver.getsockname()
        options = {"remote_addr": address} if connected else {"local_addr": ("127.0.0.1", 0)}
        transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, **options)
        with cassette(origins=frozenset({address})), pytest.raises(NetworkRefusedError) as caught:
            transport.sendto(b"x", None if connected else address)
        transport.close()
        await asyncio.sleep(0)

        with pytest.raises(BlockingIOError):
            receiver.recv(1)

    assert str(caught.value).splitlines()[2].endswith(f"; {why}")


class Resolver(aiohttp.abc.AbstractResolver):
    """Says that every host is here, as a resolver in C would: without asking Python's."""

    async def resolve(self, host, port=0, family=socket.AF_INET):
        address = {"hostname": host, "host": "127.0.0.1", "port": port, "family": family}
        return [address | {"proto": 0, "flags": socket.AI_NUMERICHOST}]

    async def close(self):
        pass


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
@pytest.mark.parametrize(("ignored", "outcome"), [(("*.invalid",), None), ((), NetworkRefusedError)])
def test_aiohttp_is_judged_by_name_whatever_resolver_it_has(run, ignored, outcome, server):
    """The connector of aiohttp knows the name, so an ignored host passes to the end and no other begins."""

    async def call():
        connector = aiohttp.TCPConnector(resolver=Resolver())
        async with aiohttp.ClientSession(connector=connector) as client:
            for _ in range(2):
                async with client.get(f"http://api.example.invalid:{server.server_port}/") as response:
                    await response.read()

    with cassette(origins=server.origins, ignored=ignored):
        found = outcome_of(run, call())

    assert found is outcome
    assert server.count == (2 if outcome is None else 0)


# Several cassettes.


def test_where_the_scope_is_ambiguous_the_refusal_names_every_cassette():
    """A plain thread between two cassettes is refused with their names, noted in each."""
    with (
        cassette(name="a.yaml") as first,
        cassette(name="b.yaml", can_record=True) as second,
        socket.socket() as sock,
        pytest.raises(NetworkRefusedError) as caught,
    ):
        contextvars.Context().run(sock.connect, (FAR, 443))

    assert str(caught.value) == (
        "Network refused: connect to 192.0.2.1:443\n"
        "  cassettes: a.yaml, b.yaml (all open, and none of them belongs to this context)\n"
        f"  why: {STACK}\n"
        f'  way out: ignore_hosts=["192.0.2.1"] lets it through; {REPLAYED}'
    )
    assert [len(one.refused) for one in (first, second)] == [1, 1]


@pytest.mark.parametrize("holder", ["a.yaml", "b.yaml"])
def test_where_the_scope_is_ambiguous_loopback_is_refused_only_if_one_holds_it(holder, server):
    """A local server answers a plain thread unless one of the replaying cassettes holds its origin."""
    held = {holder: server.origins}
    plain = contextvars.Context()
    with (
        cassette(name="a.yaml", can_record=True, origins=held.get("a.yaml", frozenset())),
        cassette(name="b.yaml", origins=held.get("b.yaml", frozenset())),
    ):
        outcome = outcome_of(plain.run, by_http_client, server.url)

    assert outcome == {"a.yaml": None, "b.yaml": NetworkRefusedError}[holder]


def outcome_of(function, *args):
    try:
        function(*args)
    except NetworkRefusedError as error:
        return type(error)
    return None


@pytest.mark.parametrize(("can_record", "refused"), [(True, None), (False, NetworkRefusedError)])
def test_a_resolvers_thread_looks_up_if_any_cassette_lets_it(can_record, refused, monkeypatch):
    """A look-up without a context passes if it may belong to a cassette that records."""
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args: asked.append(args) or [])
    with cassette(name="a.yaml"), cassette(name="b.yaml", can_record=can_record):
        outcome = outcome_of(contextvars.Context().run, socket_getaddrinfo, "api.example.invalid", 443)

    assert outcome is refused
    assert asked == ([] if refused else [("api.example.invalid", 443)])


def socket_getaddrinfo(*args):
    return socket.getaddrinfo(*args)


# Up and down.


def attributes():
    return [vars(owner).get(name) for owner, name in DOORS]


def test_taken_down_everything_is_as_it_was():
    """Installing twice and uninstalling twice leaves every door exactly as it was found."""
    before = attributes()
    guard.install()
    guard.install()
    during = attributes()
    guard.uninstall()
    guard.uninstall()

    assert attributes() == before
    assert all(one is not other for one, other in zip(before, during, strict=True))


def test_the_doors_keep_their_names():
    """A watched function has the name and the documentation of the one behind it."""
    before = [(getattr(owner, name).__name__, getattr(owner, name).__doc__) for owner, name in DOORS]
    with cassette():
        during = [(getattr(owner, name).__name__, getattr(owner, name).__doc__) for owner, name in DOORS]

    assert during == before


def test_a_patch_over_ours_is_left_alone_and_works(server, monkeypatch):
    """Somebody who patched connect meanwhile keeps their patch, and reaches the network through it."""
    seen = []
    with cassette():
        ours = socket.socket.connect

        def theirs(self, address):
            seen.append(address)
            return ours(self, address)

        monkeypatch.setattr(socket.socket, "connect", theirs)

    by_http_client(server.url)
    left = socket.socket.connect
    monkeypatch.undo()
    del socket.socket.connect  # Theirs put ours back, which nobody would take away now.

    assert left is theirs
    assert seen == [("127.0.0.1", server.server_port)]


@pytest.mark.parametrize(
    ("hook", "module", "owner", "name"),
    [
        (guard.install_uvloop, uvloop, uvloop.Loop, "create_connection"),
        (guard.install_aiohttp, aiohttp, aiohttp.TCPConnector, "connect"),
        (guard.install_anyio, anyio, anyio, "connect_tcp"),
    ],
)
def test_a_stack_imported_later_is_watched_once(hook, module, owner, name, monkeypatch):
    """A hook watches a module that comes after the guard, once; not before the guard, nor half a module."""
    monkeypatch.delitem(sys.modules, module.__name__)
    before = vars(owner).get(name)
    hook(module)
    without_guard = vars(owner).get(name)
    with cassette():
        hook(ModuleType("half"))
        not_yet = vars(owner).get(name)
        hook(module)
        once = vars(owner).get(name)
        hook(module)
        twice = vars(owner).get(name)

    assert [without_guard, not_yet, vars(owner).get(name)] == [before] * 3
    assert once is twice
    assert once is not before
