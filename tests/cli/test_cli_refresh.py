"""``chunktape refresh``: what is shown, sent, written and told."""

from __future__ import annotations

import base64
import json
import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from refreshing import ANTHROPIC, AZURE, FOUNDRY, KEY, OPENAI, asking, kept, options, recorded

from chunktape.adapters.live import LiveTransport
from chunktape.errors import TransportError
from chunktape.loopback import Disconnect, Write, chat, complete_chat, error, error_event, message
from chunktape.tape.cassette import Cassette
from chunktape.tape.record_mode import MODES
from chunktape.tape.session import Session
from chunktape.tape.transport import RecordTransport, ReplayTransport
from chunktape.wire.message import Request

NOTHING_SENT = "Nothing was sent: --yes sends.\n"


@pytest.fixture(autouse=True)
def key(monkeypatch):
    """Set the key, and none of those that a machine may have."""
    for name in ("OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", "AZURE_INFERENCE_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MY_KEY", KEY)


def texts(name):
    """Return the words of each recording, told by whether they are the new ones."""
    return ["new" if b"anew" in one.body else "old" for one in kept(name)]


def broken(provider):
    """Return a recording whose stream broke off."""
    session = Session("broken", MODES["all"])
    request = Request("POST", f"{provider.url}/v1/chat/completions", (), json.dumps(asking()).encode())
    with LiveTransport() as live, suppress(TransportError):
        list(RecordTransport(live, session).send(request))
    (one,) = session.recorded
    return replace(one, request=replace(one.request, url="https://api.openai.com/v1/chat/completions"))


def test_dry_run(command, cassette, provider):
    """Without --yes nothing is sent or written: hosts, names of variables and costs are shown."""
    name = cassette(recorded(provider, asking()))
    before, asked = Path(name).read_bytes(), len(provider.requests)

    done = command("refresh", name, *options(provider))

    line, way, _, total = done.stdout.splitlines()[1:]
    assert "    1  send       gpt-4o-mini at api.openai.com, MY_KEY, $0." in line[:60]
    assert "       to the address in --endpoint" == way
    assert total.startswith("1 request, cost: $0.")
    assert done.stdout.endswith(NOTHING_SENT)
    assert (0, "", asked, before) == (
        done.exit_code,
        done.stderr,
        len(provider.requests),
        Path(name).read_bytes(),
    )
    assert KEY not in done.output


def test_what_succeeded_takes_its_place(command, cassette, provider):
    """The new recording stands where the old one stood, and all others keep every byte."""
    name = cassette(*(recorded(provider, asking(text)) for text in ("one", "two", "three")))
    old, pieces = kept(name), Path(name).read_bytes().split(b"- request:")
    provider.play(chat("told anew"))

    done = command("refresh", name, "--only", "2", "--yes", *options(provider))

    new, after = kept(name), Path(name).read_bytes().split(b"- request:")
    assert (0, ["old", "new", "old"]) == (done.exit_code, texts(name))
    assert [pieces[0], pieces[1], pieces[3]] == [after[0], after[1], after[3]]
    assert (old[1].request, old[1].recorded_by) == (new[1].request, new[1].recorded_by)
    assert new[1].recorded_at > old[1].recorded_at
    assert f"Bearer {KEY}" == dict(provider.requests[-1].headers)["authorization"]
    assert old[1].request.body == provider.requests[-1].body
    assert KEY not in Path(name).read_text() + done.output
    assert "1 refreshed; cost: $0." in done.stdout


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("host", [OPENAI, ANTHROPIC, AZURE, FOUNDRY])
def test_all_shapes(command, cassette, provider, host, stream):
    """Streamed or not, each provider's answers are recorded anew with their chunks."""
    name = cassette(recorded(provider, asking(stream=stream, max_tokens=9), host=host))

    done = command("refresh", name, "--yes", *options(provider, host))

    (one,) = kept(name)
    assert (0, "eof", True) == (done.exit_code, one.ending.kind, one.framed)
    assert one.request.url.partition(host)[2] == provider.requests[-1].url.removeprefix(provider.url)
    assert one.request.url.startswith(f"https://{host}/")
    assert (len(one.ends) > 5) is stream


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        pytest.param(error(400), "400 Bad Request: Bad Request (invented", id="status"),
        pytest.param(error(307, headers={"location": "/elsewhere"}), "307 Temporary Redirect", id="redirect"),
        pytest.param(chat(cut=3), "the reply broke off after ", id="cut"),
        pytest.param(chat(done=False), "the reply ended before the answer did", id="no end"),
        pytest.param(
            chat(cut=3, end=Write(error_event())),
            "the provider reported an error: Internal",
            id="error event",
        ),
        pytest.param(chat(end=Disconnect()), "the reply broke off after ", id="after the end marker"),
        pytest.param(
            replace(complete_chat(), steps=(Write(b"<html>busy</html>"),)),
            "the reply ended before",
            id="page",
        ),
        pytest.param(
            error(429, headers={"retry-after": "3600"}), "429 Too Many Requests: Too Many", id="long wait"
        ),
    ],
)
def test_what_does_not_succeed_is_not_written(command, cassette, provider, reply, reason):
    """Errors, cuts, redirects and streams without their end leave the old recording as it is."""
    name = cassette(recorded(provider, asking()))
    before, asked = Path(name).read_bytes(), len(provider.requests)
    provider.play(reply)

    done = command("refresh", name, "--yes", *options(provider))

    assert reason in done.stdout
    assert (1, before, asked + 1) == (done.exit_code, Path(name).read_bytes(), len(provider.requests))
    assert "0 refreshed, 1 failed" in done.stdout


def test_a_busy_provider_is_asked_again(command, cassette, provider):
    """429 with a short retry-after is tried again, twice at most, and what came at last is what counts."""
    name = cassette(recorded(provider, asking("one")), recorded(provider, asking("two")))
    busy = error(429, headers={"retry-after": "0"})
    asked = len(provider.requests)
    provider.play(busy, chat("anew"), busy, busy, busy)

    done = command("refresh", name, "--yes", *options(provider))

    assert (1, ["new", "old"], asked + 5) == (done.exit_code, texts(name), len(provider.requests))
    assert "429 Too Many Requests" in done.stdout


def test_some_succeed(command, cassette, provider):
    """What succeeded is written, and what did not stays."""
    name = cassette(*(recorded(provider, asking(text)) for text in ("one", "two", "three")))
    provider.play(chat("anew"), error(500), chat("anew"))

    done = command("refresh", name, "--yes", *options(provider))

    assert (1, ["new", "old", "new"]) == (done.exit_code, texts(name))


def test_what_changed_is_told(command, cassette, provider):
    """The semantic diff stands behind the results, by place."""
    name = cassette(recorded(provider, asking()))
    provider.play(chat("anew", finish="length", model="gpt-4o-mini"))

    done = command("refresh", name, "--yes", *options(provider))

    assert "tape.yaml · 1\n" in done.stdout
    assert "  error    DRF-C1   finish reason: stop → length\n" in done.stdout


def test_rows_for_machines(command, cassette, provider):
    """With --format jsonl each line is an object that says its type, in both runs."""
    name = cassette(recorded(provider, asking()))

    planned = command("refresh", name, "--format", "jsonl", *options(provider))
    done = command("refresh", name, "--format", "jsonl", "--yes", *options(provider))

    (plan,) = map(json.loads, planned.stdout.splitlines())
    result, *changes, total = map(json.loads, done.stdout.splitlines())
    assert ("plan", name, 1, "send", "MY_KEY", "--endpoint") == tuple(
        plan[one] for one in ("type", "cassette", "interaction", "verdict", "key", "endpoint")
    )
    assert plan["cost"] > 0
    assert ("result", "refreshed", None) == (result["type"], result["outcome"], result["reason"])
    assert "summary" in {one["type"] for one in changes}
    assert {"type": "refresh", "refreshed": 1, "cost": result["cost"]}.items() <= total.items()


def test_several_at_a_time(command, cassette, provider):
    """With --workers requests overlap, and each recording finds its own place."""
    name = cassette(*(recorded(provider, asking(f"say {number}")) for number in range(12)))
    requests = [one.request for one in kept(name)]
    provider.play(*(chat("anew") for _ in requests))

    done = command("refresh", name, "--yes", "--workers", "4", *options(provider))

    assert (0, ["new"] * 12) == (done.exit_code, texts(name))
    assert requests == [one.request for one in kept(name)]


def test_folders(command, cassette, provider):
    """All cassettes of a folder are refreshed, each written for itself."""
    cassette(recorded(provider, asking("one")), name="a.yaml")
    cassette(recorded(provider, asking("two")), name="b.yaml")
    provider.play(error(500), chat("anew"))

    done = command("refresh", ".", "--yes", *options(provider))

    assert (1, ["old"], ["new"]) == (done.exit_code, texts("a.yaml"), texts("b.yaml"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(["--only", "1,3"], [1, 3], id="numbers"),
        pytest.param(["--only", "2-3"], [2, 3], id="range"),
        pytest.param(["--only", "2-"], [2, 3], id="to the end"),
        pytest.param(["tape.yaml#3", "tape.yaml#1"], [3, 1], id="behind the name"),
        pytest.param(["tape.yaml#1-2", "tape.yaml#2-"], [1, 2, 3], id="twice"),
        pytest.param(["--older", "30d"], [1, 2, 3], id="old"),
        pytest.param(["--older", "9000d"], [], id="not old"),
        pytest.param(["--only", "1-2", "--test", "other"], [2], id="both"),
    ],
)
def test_choosing(command, cassette, provider, words, expected):
    """Only what was chosen is shown, by numbers, by age and by the filters of a list."""
    ones = [recorded(provider, asking(text)) for text in ("one", "two", "three")]
    name = cassette(ones[0], replace(ones[1], recorded_by="tests/test_app.py::test_other"), ones[2])
    words = words if words[0].startswith(name) else [name, *words]

    done = command("refresh", "--format", "jsonl", *words, *options(provider))

    assert expected == [json.loads(line)["interaction"] for line in done.stdout.splitlines()]
    assert 0 == done.exit_code


def test_numbers_of_one_cassette_are_written_together(command, cassette, provider):
    """A cassette that is named twice, each time with another number, is written once, with both."""
    name = cassette(*(recorded(provider, asking(text)) for text in ("one", "two", "three")))
    provider.play(chat("told anew"), chat("told anew"))

    done = command("refresh", f"{name}#3", f"{name}#1", "--yes", *options(provider))

    assert (0, ["new", "old", "new"]) == (done.exit_code, texts(name))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["--key", KEY], "it is HOST=VARIABLE", id="a key instead of a name"),
        pytest.param(["--key", f"api.openai.com={KEY}"], "it is HOST=VARIABLE", id="a key for a name"),
        pytest.param(["--endpoint", "a=ftp://b"], "'a=ftp://b' means nothing; it is HOST=URL", id="ftp"),
        pytest.param(["--endpoint", "a=https://b/c"], "scheme, host and port alone", id="path"),
        pytest.param(["--allow-unknown-cost"], "--allow-unknown-cost belongs to --max-cost.", id="alone"),
    ],
)
def test_wrong_usage(command, cassette, provider, words, message):
    """What means nothing is refused, and a key that stands where a name belongs is not repeated."""
    name = cassette(recorded(provider, asking()))

    done = command("refresh", name, *words)

    assert message in done.stderr
    assert (2, False) == (done.exit_code, KEY in done.output)


def test_costs_have_a_limit(command, cassette, provider):
    """What would take the estimate above --max-cost is refused, and once it is spent no more is sent."""
    name = cassette(*(recorded(provider, asking(text)) for text in ("one", "two", "three")))
    row = json.loads(command("refresh", name, "--format", "jsonl", *options(provider)).stdout.splitlines()[0])
    limit = f"{row['cost_again'] * 2.5:.12f}"
    dear = {"prompt_tokens": 10**6, "completion_tokens": 1, "total_tokens": 10**6 + 1}
    asked = len(provider.requests)
    provider.play(chat("anew", usage=dear))

    done = command("refresh", name, "--yes", "--max-cost", limit, *options(provider))

    assert (1, ["new", "old", "old"], asked + 1) == (done.exit_code, texts(name), len(provider.requests))
    assert "not sent, or given up: --max-cost was reached" in done.stdout
    assert "it would cost more than --max-cost leaves" in done.stdout


def test_no_request_is_sent_that_the_limit_leaves_no_room_for(command, cassette, provider):
    """What is left after the first answers has to be enough for the next one, by its estimate."""
    name = cassette(recorded(provider, asking("one")), recorded(provider, asking("two")))
    row = json.loads(command("ls", "--format", "jsonl", name).stdout.splitlines()[0])
    twice = [2 * row["input_tokens"], 2 * row["output_tokens"]]
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    provider.play(chat("anew", usage=dict(zip(names, (*twice, sum(twice)), strict=True))))
    limit = f"{row['cost_again'] * 2.5:.12f}"

    done = command("refresh", name, "--yes", "--max-cost", limit, *options(provider))

    assert (1, ["new", "old"]) == (done.exit_code, texts(name))
    assert "not sent, or given up: --max-cost was reached" in done.stdout


@pytest.mark.parametrize(("words", "code"), [([], 1), (["--allow-unknown-cost"], 0)])
def test_unknown_costs(command, cassette, provider, words, code):
    """With --max-cost, what nobody knows the price of is refused unless that is allowed."""
    name = cassette(recorded(provider, asking(model="home-made")))
    provider.play(chat("anew", model="home-made"))

    done = command("refresh", name, "--yes", "--max-cost", "1", *words, *options(provider))

    assert (code, ["old" if code else "new"]) == (done.exit_code, texts(name))
    assert ("what it costs is not known" in done.stdout) is bool(code)


def test_a_secret_stops_the_write(command, cassette, provider):
    """A key in what came, in a form that redaction cannot take out, stops the write of its cassette."""
    name = cassette(recorded(provider, asking()))
    before = Path(name).read_bytes()
    provider.play(chat([base64.b64encode(KEY.encode()).decode()]))

    done = command("refresh", name, "--yes", *options(provider))

    assert (4, before) == (done.exit_code, Path(name).read_bytes())
    assert "Cassette not written: it would hold" in done.stdout
    assert [name] == [one.name for one in Path().iterdir()]


def test_a_secret_stops_only_its_own_recording(command, cassette, provider):
    """What came without a secret is written, whatever came beside it: both were paid for."""
    name = cassette(recorded(provider, asking("one")), recorded(provider, asking("two")))
    provider.play(chat([base64.b64encode(KEY.encode()).decode()]), chat("anew"))

    done = command("refresh", name, "--yes", *options(provider))

    assert (4, ["old", "new"]) == (done.exit_code, texts(name))
    assert "Cassette not written: it would hold" in done.stdout
    assert KEY not in done.output


def test_a_key_that_is_repeated_is_taken_out(command, cassette, provider):
    """What a provider repeats of the key reaches neither the terminal nor the file."""
    name = cassette(recorded(provider, asking("one")), recorded(provider, asking("two")))
    provider.play(error(401, message=f"Incorrect API key provided: {KEY}"), chat(f"anew {KEY}"))

    done = command("refresh", name, "--yes", *options(provider))

    assert "Incorrect API key provided: <redacted>" in done.stdout
    assert ["old", "new"] == texts(name)
    assert KEY not in done.output + Path(name).read_text()


def test_what_else_is_secret(command, cassette, provider):
    """What a project's own redaction takes out can be named, and does not come back."""
    name = cassette(recorded(provider, asking()))
    provider.play(chat(["anew for customer-4711"]))

    done = command("refresh", name, "--yes", "--pattern", r"customer-\d+", *options(provider))

    assert (0, ["new"]) == (done.exit_code, texts(name))
    assert b"anew for <redacted>" in kept(name)[0].body


def test_another_tools_cassette(command, cassette, provider):
    """A cassette that is not in our form is said to be written in it, and is."""
    name = cassette(recorded(provider, asking("one")), recorded(provider, asking("two")))
    text = Path(name).read_text().split("    stream:\n")
    foreign = text[0] + "".join(part.partition("\n- ")[1] + part.partition("\n- ")[2] for part in text[1:])
    Path(name).write_text(f"{foreign.rstrip()}\nversion: 1\n")
    provider.play(chat("anew"))

    planned = command("refresh", name, *options(provider))
    done = command("refresh", name, "--only", "1", "--yes", *options(provider))

    assert "not in chunktape's own form, in which all of it would be written" in planned.stdout
    assert (0, ["new", "old"]) == (done.exit_code, texts(name))
    assert 2 == Path(name).read_text().count("    stream:\n")


def test_what_was_recorded_replays(command, cassette, provider):
    """The request that found the older recording finds the new one."""
    name = cassette(recorded(provider, asking(), host=AZURE))
    request = kept(name)[0].request
    provider.play(chat("anew", azure=True))

    command("refresh", name, "--yes", *options(provider, AZURE))

    with ReplayTransport(Cassette.load(name)) as replay, replay.send(request) as reply:
        assert any(b"anew" in chunk.data for chunk in reply)


def test_azure_from_the_environment(command, cassette, provider, monkeypatch):
    """Resource and key come from the variables that Azure's SDKs read, and reach no file."""
    name = cassette(recorded(provider, asking(), host=AZURE))
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", provider.url)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)

    planned = command("refresh", name)
    done = command("refresh", name, "--yes")

    assert "to the address in AZURE_OPENAI_ENDPOINT" in planned.stdout
    assert (0, KEY) == (done.exit_code, dict(provider.requests[-1].headers)["api-key"])
    assert "https://redacted.openai.azure.com/openai/deployments/" in kept(name)[0].request.url
    assert {False} == {
        secret in planned.output + done.output + Path(name).read_text() for secret in (KEY, provider.url)
    }


@pytest.mark.parametrize("reply", [error(429), chat(cut=2)])
def test_recorded_errors(command, cassette, provider, reply):
    """A recording of an error may be what its test is about, so it is sent again only with --errors."""
    provider.play(reply)
    try:
        one = recorded(provider, asking())
    except TransportError:
        provider.play(reply)
        one = broken(provider)
    name = cassette(one)

    refused = command("refresh", name, "--yes", *options(provider))
    provider.play(chat("anew"))
    done = command("refresh", name, "--yes", "--errors", *options(provider))

    assert "which may be what its test is about: --errors sends it, too" in refused.stdout
    assert (1, 0, ["new"]) == (refused.exit_code, done.exit_code, texts(name))


def test_what_asks_no_model_is_refused(command, cassette, provider):
    """Whatever else a program has asked for may have effects, and is not asked for again."""
    one = recorded(provider, asking())
    order = replace(one.request, url="https://shop.example/orders", body=b'{"order":1}')
    name = cassette(replace(one, request=order), replace(one, request=replace(one.request, method="GET")))
    asked = len(provider.requests)

    done = command("refresh", name, "--yes", *options(provider, "shop.example"))

    assert 2 == done.stdout.count("it does not ask a model for an answer")
    assert (1, asked) == (done.exit_code, len(provider.requests))


def test_files_that_cannot_be_written(command, cassette, provider):
    """What could not be written is refused before anything is sent."""
    name = cassette(recorded(provider, asking()))
    Path("bare.sse").write_bytes(kept(name)[0].body)
    asked = len(provider.requests)

    done = command("refresh", "bare.sse", "--yes", *options(provider))

    assert "Cassette not written: .sse is read, not written" in done.stdout
    assert (1, asked) == (done.exit_code, len(provider.requests))


def test_files_that_cannot_be_read(command, cassette, provider):
    """A damaged cassette is named, and the others are refreshed."""
    name = cassette(recorded(provider, asking()))
    Path("bad.yaml").write_text("interactions: 3\nversion: 1\n")

    done = command("refresh", name, "bad.yaml", "--yes", *options(provider))

    assert (4, True) == (done.exit_code, "Error: " in done.stderr)
    assert "1 refreshed" in done.stdout


def test_nothing_to_refresh(command, cassette, provider):
    """Where nothing was chosen there is nothing to do, and that is fine."""
    done = command("refresh", cassette(recorded(provider, asking())), "--older", "9000d", "--yes")

    assert (0, "Nothing to refresh.\n") == (done.exit_code, done.stdout)


def test_messages_are_told_apart_from_chats(command, cassette, provider):
    """A message of Anthropic's is judged by its own end."""
    name = cassette(recorded(provider, asking(max_tokens=9), host=ANTHROPIC))
    before = Path(name).read_bytes()
    provider.play(message("anew", cut=-1, end=Write(b": bye\n\n")))

    done = command("refresh", name, "--yes", *options(provider, ANTHROPIC))

    assert (1, before) == (done.exit_code, Path(name).read_bytes())
    assert "the reply ended before the answer did" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="only the threads of a process take turns there")
def test_the_folder_is_locked_while_it_is_written(command, cassette, provider, monkeypatch):
    """Whoever else writes to the folder has their turn first; what came is kept where that takes too long."""
    import fcntl

    name = cassette(recorded(provider, asking()))
    before = Path(name).read_bytes()
    monkeypatch.setattr("chunktape.tape.saving.PATIENCE", 0.05)
    folder = os.open(".", os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)

    done = command("refresh", name, "--yes", *options(provider))

    os.close(folder)
    assert (4, before) == (done.exit_code, Path(name).read_bytes())
    assert "others have been writing to its folder" in done.stdout
