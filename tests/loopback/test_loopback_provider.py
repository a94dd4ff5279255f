from __future__ import annotations

import json
import threading
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from chunktape.errors import ConfigurationError
from chunktape.loopback import COSY_TEXT, Provider, Reply, raw
from chunktape.wire import events


def ask(provider, method, path, body=None):
    """Return status, headers and body of one exchange over a connection of its own."""
    connection = HTTPConnection(urlsplit(provider.url).netloc, timeout=5)
    try:
        connection.request(method, path, None if body is None else json.dumps(body))
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def test_every_client_finds_its_url(provider):
    """Each SDK's base URL is derived from the origin."""
    urls = [
        provider.openai_url,
        provider.anthropic_url,
        provider.azure_url,
        provider.azure_openai_url,
    ]

    assert urls == [f"{provider.url}/v1", provider.url, f"{provider.url}/models", provider.url]


def test_replies_are_played_in_order_and_requests_are_kept(provider):
    """Queued replies answer in order of arrival, whatever the path, and what was asked is seen."""
    provider.play(raw(b"one"), raw(b"two"))

    bodies = [ask(provider, "POST", "/a", 1)[2], ask(provider, "GET", "/b?c=d")[2]]

    seen = [(request.method, request.url, request.body) for request in provider.requests]
    assert (bodies, seen, provider.connections) == (
        [b"one", b"two"],
        [("POST", f"{provider.url}/a", b"1"), ("GET", f"{provider.url}/b?c=d", b"")],
        2,
    )


def test_health_checks_take_no_reply(provider):
    """A health check is answered past the queue and is not counted as a request."""
    provider.play(raw(b"one"))

    bodies = [ask(provider, "GET", "/healthz")[2], ask(provider, "GET", "/")[2]]

    assert (bodies, len(provider.requests)) == ([b"ok", b"one"], 1)


@pytest.mark.parametrize(
    ("path", "azure"),
    [
        ("/v1/chat/completions", False),
        ("/chat/completions", False),
        ("/models/chat/completions?api-version=1", True),
        ("/openai/deployments/some-name/chat/completions?api-version=1", True),
    ],
)
def test_chat_paths_stream_a_default_in_their_format(provider, path, azure):
    """A chat path answers with the default text; only Azure's open with the prompt's filter results."""
    asked = {"model": "m", "stream": True}

    _, headers, body = ask(provider, "POST", path, asked)

    *chunks, last = [event.data for event in events(body)]
    parsed = [json.loads(chunk) for chunk in chunks]
    text = "".join(choice["delta"].get("content") or "" for chunk in parsed for choice in chunk["choices"])
    assert (text, last, "prompt_filter_results" in parsed[0], headers["x-loopback-provider"]) == (
        COSY_TEXT,
        "[DONE]",
        azure,
        "chunktape",
    )


@pytest.mark.parametrize("options", [None, {"include_usage": False}, {"include_usage": True}])
def test_usage_is_streamed_where_it_was_asked_for(provider, options):
    """The default streams a usage chunk only for `include_usage`."""
    _, _, body = ask(provider, "POST", "/v1/chat/completions", {"stream": True, "stream_options": options})

    assert (b'"choices":[],"usage":{' in body) == bool(options and options["include_usage"])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/v1/chat/completions", lambda body: body["choices"][0]["message"]["content"]),
        ("/models/chat/completions", lambda body: body["choices"][0]["message"]["content"]),
        ("/v1/messages", lambda body: body["content"][0]["text"]),
    ],
)
def test_without_stream_the_default_is_one_document(provider, path, text):
    """Requests that do not ask for a stream get the same text as JSON, from the model they named."""
    body = json.loads(ask(provider, "POST", path, {"model": "m"})[2])

    assert (text(body), body["model"]) == (COSY_TEXT, "m")


def test_messages_stream_a_default(provider):
    """The messages path streams from message_start to message_stop."""
    _, _, body = ask(provider, "POST", "/v1/messages", {"model": "m", "stream": True})

    names = [event.name for event in events(body)]

    assert (names[0], names[-1]) == ("message_start", "message_stop")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_not_found(provider, method):
    """Other paths answer 404, and the error says how to script them."""
    status, _, body = ask(provider, method, "/v1/nothing")

    assert (status, json.loads(body)["error"]["message"]) == (
        404,
        f"The loopback provider has no default answer to {method} /v1/nothing; queue one with play().",
    )


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/models/chat/completions", "/v1/messages"])
@pytest.mark.parametrize("body", [None, []])
def test_a_body_that_is_no_object_is_a_bad_request(provider, path, body):
    """A request that no provider would understand gets a 400."""
    status, _, answer = ask(provider, "POST", path, body)

    assert (status, json.loads(answer)["error"]["message"]) == (400, "The body is no JSON object.")


def test_the_url_is_unknown_before_the_start():
    """Reading a URL too early says what to do."""
    with pytest.raises(ConfigurationError) as refusal:
        _ = Provider().openai_url

    assert str(refusal.value) == (
        "The provider has no URL before it runs. Call start(), or use it in a with statement."
    )


def test_a_running_provider_is_not_started_twice(provider):
    """Starting again would lose the first one's connections, so it is refused."""
    with pytest.raises(ConfigurationError) as refusal:
        provider.start()

    assert str(refusal.value) == f"The provider already runs at {provider.url}. Call stop() first."


def test_a_taken_port_is_named(provider):
    """A port in use is an error that shows the address."""
    port = urlsplit(provider.url).port

    with pytest.raises(ConfigurationError) as refusal:
        Provider(port=port).start()

    assert str(refusal.value) == (
        f"The provider cannot listen on 127.0.0.1:{port}: Address already in use. "
        "Leave `port` out to get a free one."
    )


def test_a_stopped_provider_starts_again_on_its_port():
    """Stopping twice is harmless, and a pinned port is free again at once."""
    first = Provider().start()
    first.play(raw(b"a", framing="close"))
    ask(first, "GET", "/")  # closed from our side, which keeps the port in TIME_WAIT
    first.stop()
    first.stop()
    second = Provider(port=urlsplit(first.url).port)

    with second:
        status, _, body = ask(second, "GET", "/healthz")

    assert (second.url, status, body) == (first.url, 200, b"ok")


def test_what_breaks_the_provider_is_raised_by_stop():
    """A reply that cannot be sent ends its connection and is reported when the provider stops."""
    provider = Provider().start()
    provider.play(Reply(headers=(("x-tape", "📼"),)))
    connection = HTTPConnection(urlsplit(provider.url).netloc, timeout=5)
    connection.request("GET", "/")
    with pytest.raises(ConnectionError):
        connection.getresponse()
    connection.close()

    with pytest.raises(ExceptionGroup) as failure:
        provider.stop()

    assert (
        [type(error) for error in failure.value.exceptions],
        "chunktape-loopback" in {thread.name for thread in threading.enumerate()},
    ) == ([UnicodeEncodeError], False)
