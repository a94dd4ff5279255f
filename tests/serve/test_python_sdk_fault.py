"""What each SDK for Python makes of a fault that the server plays: the classes that it raises in replay."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

import pytest
from clients import NAMED
from exchanges import Nowhere
from faulty import impatient, outcome, whole
from taped_questions import quick

from chunktape import use_cassette
from chunktape.loopback import Provider
from chunktape.serve import Server

SDKS = ("openai", "openai-async", "azure-openai", "anthropic", "anthropic-async", "azure", "azure-async")
# The class (None: the loop ends, and nobody says why) of openai and Azure OpenAI, of Anthropic, of
# azure-ai-inference and, where that has another, of azure-ai-inference awaited.
BEFORE = {
    "reset": ("APIConnectionError", "APIConnectionError", "ServiceResponseError", "ServiceRequestError"),
    "disconnect": ("APIConnectionError", "APIConnectionError", "ServiceResponseError", "ServiceRequestError"),
    # The server has accepted the connection by then: for its client that is a reset.
    "refused": ("APIConnectionError", "APIConnectionError", "ServiceResponseError", "ServiceRequestError"),
    "timeout": ("APITimeoutError", "APITimeoutError", "ServiceResponseTimeoutError"),
    "status:400": ("BadRequestError", "BadRequestError", "HttpResponseError"),
    "status:401": ("AuthenticationError", "AuthenticationError", "ClientAuthenticationError"),
    "status:404": ("NotFoundError", "NotFoundError", "ResourceNotFoundError"),
    "status:429": ("RateLimitError", "RateLimitError", "HttpResponseError"),
    "status:500": ("InternalServerError", "InternalServerError", "HttpResponseError"),
    "status:529": ("InternalServerError", "OverloadedError", "HttpResponseError"),
}
AMONG_EVENTS = {
    "cut@event:4": (None, None, None),
    "no-end": (None, None, None),
    "reset@event:4": ("APIConnectionError", "ReadError", "HttpResponseError", "IncompleteReadError"),
    "disconnect@event:4": (
        "APIConnectionError",
        "RemoteProtocolError",
        "HttpResponseError",
        "IncompleteReadError",
    ),
    "stall:9s@event:4": ("APITimeoutError", "ReadTimeout", "ServiceResponseTimeoutError"),
    "error:overloaded@4": ("APIError", "APIStatusError", None),
    "garble@6": ("UnicodeDecodeError", "UnicodeDecodeError", "UnicodeDecodeError"),
}
COLUMN = {"openai": 0, "azure-openai": 0, "anthropic": 1, "azure": 2}


@pytest.fixture(autouse=True)
def _quiet():
    """Keep the SDKs' own log lines about broken connections out of the output."""
    logging.getLogger("azure").setLevel(logging.CRITICAL)


@pytest.fixture(scope="module")
def tapes(tmp_path_factory):
    """Return the folder of a cassette for each provider, streamed and not, and where each provider was."""
    folder, places = tmp_path_factory.mktemp("cassettes"), {}
    for name in COLUMN:
        for streamed in (True, False):
            with Provider() as provider:
                provider.play(whole(NAMED[name], streamed=streamed))
                with use_cassette(_path(folder, name, streamed=streamed), record_mode="once"):
                    outcome(name, provider, streamed=streamed)
                places[name, streamed] = Nowhere(urlsplit(provider.url).port)
    return folder, places


@pytest.fixture(scope="module")
def server(tapes):
    """Return a server of the folder."""
    with Server(tapes[0], pace="instant") as running:
        yield running


def _path(folder, name, *, streamed):
    return folder / f"{name}{'' if streamed else ' at once'}.yaml"


def _served(server, name, fault, *, streamed, **options):
    case = NAMED[name]
    headers = {"x-chunktape-fault": fault, "x-chunktape-session": f"{name} {fault} {streamed} {options}"}
    if case.provider == "azure":
        more = {"base_headers": headers}
    else:
        module = "anthropic" if case.provider == "anthropic" else "openai"
        more = {"default_headers": headers, **quick(module, awaited=case.is_async)}
    return outcome(name, server, streamed=streamed, **(options or _sending_once(case, fault)), **more)


def _sending_once(case, fault):
    """Return the options of a client that sends once, and soon loses patience where nothing will come."""
    seconds = {"timeout": 0.2, "stall:9s@event:4": 1.0}.get(fault, 30.0)
    if case.provider == "azure":
        return {"retry_total": 0, "read_timeout": seconds}
    return {"max_retries": 0, "timeout": seconds}


def _replayed(tapes, name, fault, *, streamed):
    folder, places = tapes
    provider = NAMED[name].provider
    with use_cassette(_path(folder, provider, streamed=streamed), record_mode="none", faults=fault):
        return outcome(name, places[provider, streamed], streamed=streamed, **impatient(NAMED[name]))


def _class(row, name):
    return row[-1] if name == "azure-async" else row[COLUMN[NAMED[name].provider]]


@pytest.mark.parametrize("name", SDKS)
@pytest.mark.parametrize(
    ("fault", "streamed"),
    [*((fault, True) for fault in BEFORE), *((fault, False) for fault in ("reset", "timeout", "status:429"))],
)
def test_a_reply_that_does_not_come(server, name, fault, streamed):
    """A request that is refused or not answered raises the class that its SDK has for it."""
    status = int(fault.partition(":")[2]) if fault.startswith("status") else None
    seen = _served(server, name, fault, streamed=streamed)

    assert (_class(BEFORE[fault], name), status, ()) == (seen.error.__name__, seen.status, seen.objects)


@pytest.mark.parametrize("name", SDKS)
@pytest.mark.parametrize("fault", AMONG_EVENTS)
def test_a_stream_that_breaks(tapes, server, name, fault):
    """A stream that breaks raises the class of its SDK after the same objects as in replay."""
    expected = _replayed(tapes, name, fault, streamed=True)
    seen = _served(server, name, fault, streamed=True)

    assert _class(AMONG_EVENTS[fault], name) == (seen.error and seen.error.__name__)
    assert (expected.error, expected.status) == (seen.error, seen.status)
    # What comes in one read with bytes that are no text azure's SDK drops, and a reset may overtake some.
    kept = len(seen.objects) if fault in {"garble@6", "reset@event:4"} else len(expected.objects)
    assert expected.objects[:kept] == seen.objects


@pytest.mark.parametrize("name", SDKS)
def test_an_sdk_recovers_by_itself(tapes, server, name):
    """After two refusals the SDK's own retry gets the recording."""
    retrying = {"retry_total": 2} if NAMED[name].provider == "azure" else {"max_retries": 2}
    seen = _served(server, name, "status:429x2", streamed=True, **retrying)

    assert _replayed(tapes, name, None, streamed=True) == seen
    assert seen.error is None
