"""Recording through the server: what comes is passed on at once, and kept as if recorded in-process."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import anthropic
import openai
import pytest
from raw_http import ask

from chunktape import Cassette, ConfigurationError, use_cassette
from chunktape.loopback import Disconnect, Hang, Reply, Reset, chat, complete_chat, error
from chunktape.serve import Server

KEY = "sk-" + "planted0key0" * 3
CHAT = "/v1/chat/completions"


def upstreams(provider):
    """Return the scripted provider as all three of them."""
    return [
        f"openai={provider.openai_url}",
        f"anthropic={provider.anthropic_url}",
        f"azure={provider.azure_url}",
        f"azure-openai={provider.azure_openai_url}",
    ]


def tell(url, text="A story?"):
    """Ask for a story with openai's SDK, and return it."""
    client = openai.OpenAI(base_url=url, api_key=KEY, max_retries=0)
    stream = client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": text}], stream=True
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def levelled(one):
    """Return an interaction without what differs between two recordings: times, and where a reader left."""
    return replace(one, timing=None, recorded_at=None, ending=None)


def test_a_recording_through_the_proxy_is_the_one_made_in_process(provider, tmp_path):
    """Requests, heads, chunks and their boundaries are the same, for the addresses are the upstream's."""
    provider.play(chat("The tape remembers."), chat("The tape remembers."))
    with use_cassette(tmp_path / "inside.yaml", record_mode="once"):
        expected = tell(provider.openai_url)
    with Server(record=tmp_path / "through.yaml", upstream=upstreams(provider)) as server:
        told = tell(server.variables["OPENAI_BASE_URL"])

    inside, through = (
        Cassette.load(tmp_path / f"{name}.yaml").interactions for name in ("inside", "through")
    )
    assert expected == told
    assert [levelled(one) for one in inside] == [levelled(one) for one in through]


def test_what_was_recorded_replays_in_process(provider, tmp_path):
    """A cassette that the proxy made is one for tests of Python."""
    with Server(record=tmp_path / "tape.yaml", upstream=upstreams(provider)) as server:
        told = tell(server.variables["OPENAI_BASE_URL"])
    provider.stop()

    with use_cassette(tmp_path / "tape.yaml", record_mode="none"):
        assert told == tell(provider.openai_url)


def test_what_was_recorded_is_played_from_then_on(provider, tmp_path):
    """A server that records asks the provider once."""
    with Server(record=tmp_path, upstream=upstreams(provider), pace="instant") as server:
        told = [tell(server.openai_url) for _ in range(3)]

    assert 1 == len(set(told))
    assert 1 == len(provider.requests)
    assert ["recorded", "played", "played"] == [one.outcome for one in server.entries]


def test_a_queue_records_each_request(provider, tmp_path):
    """Equal requests are recorded as often as they were sent, where each recording is played once."""
    with Server(record=tmp_path, upstream=upstreams(provider), order="queue") as server:
        for _ in range(2):
            tell(server.openai_url)

    assert 2 == len(Cassette.load(tmp_path / "recorded.yaml"))


def test_a_second_run_plays_the_first_one(provider, tmp_path):
    """What stands in the folder is known, and what is new is added to it."""
    for text in ("one", "two"):
        with Server(record=tmp_path, upstream=upstreams(provider), pace="instant") as server:
            tell(server.openai_url, "one")
            tell(server.openai_url, text)

    assert 2 == len(provider.requests)
    assert 2 == len(Cassette.load(tmp_path / "recorded.yaml"))


def test_rewriting_replaces_what_was_there(provider, tmp_path):
    """With rewrite nothing is played, and the older file goes."""
    for text in ("one", "two"):
        with Server(record=tmp_path / "a.yaml", upstream=upstreams(provider), rewrite=True) as server:
            tell(server.openai_url, text)

    [one] = Cassette.load(tmp_path / "a.yaml")
    assert b"two" in one.request.body


def test_each_provider_is_asked_by_its_own_path(provider, tmp_path):
    """Marks in a base URL say whose it is, and without one the path does."""
    question = {"model": "c", "max_tokens": 9, "messages": [{"role": "user", "content": "A poem?"}]}
    with Server(record=tmp_path, upstream=upstreams(provider)) as server:
        for base in (server.variables["ANTHROPIC_BASE_URL"], f"{server.url}/@named"):
            anthropic.Anthropic(base_url=base, api_key=KEY, max_retries=0).messages.create(**question)
        ask(server.url, "/models/chat/completions?api-version=2024-05-01-preview", question)
        ask(server.url, "/openai/deployments/d/chat/completions?api-version=2024-10-21", question)

    expected = [
        f"{provider.url}/v1/messages",
        f"{provider.url}/v1/messages",
        f"{provider.url}/models/chat/completions?api-version=2024-05-01-preview",
        f"{provider.url}/openai/deployments/d/chat/completions?api-version=2024-10-21",
    ]
    assert expected == [request.url for request in provider.requests]
    assert {"recorded.yaml", "named.yaml"} == {path.name for path in tmp_path.iterdir()}


def test_an_error_of_the_provider_is_passed_on_and_kept(provider, tmp_path):
    """The SDK raises its own class, and the refusal is on the tape, but is not played."""
    provider.play(error(429, message="Slow down."), chat("Now."))
    with Server(record=tmp_path, upstream=upstreams(provider)) as server:
        with pytest.raises(openai.RateLimitError, match=r"Slow down\."):
            tell(server.openai_url)
        told = tell(server.openai_url)

    assert "Now." == told
    assert [429, 200] == [one.head.status for one in Cassette.load(tmp_path / "recorded.yaml")]


def test_a_provider_that_does_not_answer_is_told(tmp_path, provider):
    """Nobody there is an error that names the address, and the attempt is kept."""
    provider.stop()
    with Server(record=tmp_path, upstream=[f"openai={provider.openai_url}"]) as server:
        heard = ask(server.url, CHAT, {"model": "m"})

    assert (502, "no_upstream") == (heard.status, heard.json()["error"]["code"])
    assert f"No answer from {provider.openai_url}/chat/completions" in heard.json()["error"]["message"]
    [one] = Cassette.load(tmp_path / "recorded.yaml")
    assert ("error", "connect") == (one.ending.kind, one.ending.failure.kind)


@pytest.mark.parametrize("end", [Disconnect(), Reset()], ids=["closed", "reset"])
def test_an_sdk_sends_again_what_got_no_answer(provider, tmp_path, end):
    """As in-process: the attempt that failed is kept as it failed, and so is the next one."""
    question = {"model": "m", "messages": [{"role": "user", "content": "?"}]}
    kept = []
    for place in ("inside", "through"):
        provider.play(Reply.no_head(end), complete_chat("There."))
        path = tmp_path / f"{place}.yaml"
        with ExitStack() as stack:
            if place == "inside":
                stack.enter_context(use_cassette(path, record_mode="once"))
                url = provider.openai_url
            else:
                url = stack.enter_context(Server(record=path, upstream=upstreams(provider))).openai_url
            client = stack.enter_context(openai.OpenAI(base_url=url, api_key=KEY, max_retries=1))
            told = client.chat.completions.create(**question).choices[0].message.content
        assert "There." == told
        kept.append(
            [
                (one.head is None, one.ending.failure and one.ending.failure.kind)
                for one in Cassette.load(path)
            ]
        )

    assert 2 == len(kept[0])
    assert kept[0] == kept[1]


def test_an_sdk_tries_again_where_nobody_was_there(provider, tmp_path):
    """That is told with a status, which SDKs take for one that passes."""
    provider.stop()
    with Server(record=tmp_path, upstream=[f"openai={provider.openai_url}"]) as server:
        client = openai.OpenAI(base_url=server.openai_url, api_key=KEY, max_retries=1)
        with pytest.raises(openai.InternalServerError, match="No answer from"):
            client.models.list()

        assert 2 == len(server.entries)


def test_keys_never_reach_the_disk(provider, tmp_path):
    """The key goes to the provider, and stands in no file, no entry and no state."""
    with Server(record=tmp_path, upstream=upstreams(provider)) as server:
        tell(server.openai_url)
        state = ask(server.url, "/-/state").body

    sent = dict(provider.requests[0].headers)
    assert f"Bearer {KEY}" == {name.lower(): value for name, value in sent.items()}["authorization"]
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert [False] * (len(written) + 1) == [KEY.encode() in data for data in [*written, state]]


@pytest.mark.parametrize(
    "name", ["..%2Fout", "%2Fetc%2Fout", ".hidden", "a%2F..%2F..%2Fout", "a%00b", "C:%5Cout", "x" * 300]
)
def test_a_name_that_leads_elsewhere_is_refused(provider, tmp_path, name):
    """No name of a cassette leads out of the folder; nothing is asked and nothing written."""
    folder = tmp_path / "tapes"
    with Server(record=folder, upstream=upstreams(provider)) as server:
        heard = ask(server.url, f"/@{name}{CHAT}", {"model": "m"})

    assert (400, "bad_option") == (heard.status, heard.json()["error"]["code"])
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [] == provider.requests


def test_a_link_out_of_the_folder_is_not_written(provider, tmp_path):
    """A folder in the folder that is a link elsewhere is refused."""
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "tapes"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    with Server(record=folder, upstream=upstreams(provider)) as server:
        heard = ask(server.url, f"/@link%2Fout{CHAT}", {"model": "m"})

    assert 400 == heard.status
    assert "leads out of" in heard.json()["error"]["message"]
    assert [] == list((tmp_path / "elsewhere").iterdir())


def test_a_client_that_leaves_ends_the_stream_at_the_provider(provider, tmp_path):
    """What had come by then is kept, as a stream that its reader closed."""
    provider.play(chat("A long story.", cut=3, end=Hang(30)))
    with Server(record=tmp_path, upstream=upstreams(provider)) as server:
        client = openai.OpenAI(base_url=server.openai_url, api_key=KEY, max_retries=0)
        stream = client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "?"}], stream=True
        )
        next(iter(stream))
        stream.close()
        client.close()

    [one] = Cassette.load(tmp_path / "recorded.yaml")
    assert "closed" == one.ending.kind
    assert one.body


@pytest.mark.parametrize("text", ["openai=ftp://x", "nonsense", "openai=http://", "http://[bad"])
def test_an_upstream_that_is_no_url_is_an_error(tmp_path, text):
    """What is no address is said when the server is made."""
    with pytest.raises(ConfigurationError, match="is no URL"):
        Server(record=tmp_path, upstream=[text])


def test_an_upstream_for_all_is_asked_for_everything(provider, tmp_path):
    """A URL without a name is where each request goes."""
    with Server(record=tmp_path, upstream=[provider.openai_url]) as server:
        tell(server.variables["OPENAI_BASE_URL"])
        ask(server.url, CHAT, {"model": "m", "messages": []})

    assert [f"{provider.openai_url}/chat/completions"] * 2 == [one.url for one in provider.requests]
