"""What was recorded over HTTP comes to the disk soon, and is lost to nothing that can be helped."""

from __future__ import annotations

import errno
import os
import re
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from asking import on_disk, texts
from hostile_stage import CHAT, DATA, STREAM, ask, asked, recorded, recording

from chunktape import Cassette, CassetteError, CassetteWarning, ConfigurationError
from chunktape.loopback import Disconnect, chat, error, raw
from chunktape.serve import Server
from chunktape.serve.reel import Reels
from chunktape.tape import store
from chunktape.tape.redaction import Redaction
from chunktape.wire.message import Ending, Request

KEY = "Zq7Rw2Xp9Lm4Kv8Tn3Bd6"
ECHO = b'data: {"digest": "%s"}\n\n' % KEY.encode().hex().encode()
"""Hexadecimal: redaction does not see the key in it, and what looks through the file does."""


def request(text):
    headers = (("content-type", "application/json"), ("authorization", f"Bearer {KEY}"))
    return Request("POST", "https://api.openai.com/v1/chat/completions", headers, asked(text))


def begin(reels, text):
    """Return the recording of a question that is about to be answered."""
    take = reels.begin(reels.place if reels.is_file else reels.place / "recorded.yaml", request(text))
    take.tap.begin(STREAM)
    return take


def end(reels, take, data=DATA):
    take.tap.keep(data)
    take.tap.end("eof")
    reels.end(take)


def record(reels, text, data=DATA):
    end(reels, begin(reels, text), data)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "tapes"


@pytest.fixture
def path(folder):
    return folder / "recorded.yaml"


@pytest.fixture
def reels(folder):
    return Reels(folder, Redaction())


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Return the folder for what has no other place."""
    place = tmp_path / "elsewhere"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def told(reels):
    return [str(one) for one in reels.errors]


def test_what_has_ended_is_written_while_another_stream_goes_on(reels, path):
    """What ends later goes to its place, in the order of the requests."""
    long = begin(reels, "long")
    record(reels, "short")
    reels.save()
    while_it_runs = on_disk(path)
    end(reels, long)
    reels.save()

    assert (["short"], ["long", "short"]) == (while_it_runs, on_disk(path))


def test_what_still_runs_is_written_once_when_all_stops(reels, path):
    """As far as it has come; that it ends afterwards changes nothing."""
    take = begin(reels, "long")
    take.tap.keep(DATA)
    reels.stop()
    end(reels, take)
    reels.save()

    assert ["open"] == [one.ending.kind for one in Cassette.load(path)]


def test_a_request_goes_on_before_its_secrets_are_looked_for(folder):
    """In a big one that takes its time, for which the streams of others should not wait."""
    redaction = Redaction()
    reels = Reels(folder, redaction)
    take = begin(reels, "a")
    when_it_begins = redaction.scan(KEY.encode())
    end(reels, take)
    reels.save()

    assert ((), 1) == (when_it_begins, len(redaction.scan(KEY.encode())))


def test_a_secret_costs_only_the_recording_that_holds_it(reels, path):
    """The others of its batch are written, and the way out is told in the words of the commands."""
    for text, data in {"a": DATA, "b": ECHO, "c": DATA}.items():
        record(reels, text, data)
    reels.stop()

    assert ["a", "c"] == on_disk(path)
    [said] = told(reels)
    first, where, *rest = said.split("\n")
    assert re.fullmatch(r"1 recording not written: it would hold .+", first)
    assert re.fullmatch(rf"  where: {re.escape(str(path))}, the request of \S+ \S+", where)
    way_out = "--secret TEXT, --secret-env NAME or --pattern REGEX takes it out (in Python: redact=[…])"
    assert [f"  way out: {way_out}; then record it again"] == rest
    assert {path: 2} == reels.written
    assert [path] == list(path.parent.iterdir())


def test_a_folder_that_cannot_be_written_is_tried_again(reels, folder, path):
    """What stands in the way may go; then nothing was lost and nothing is to be said."""
    folder.write_text("not a folder")
    record(reels, "a")
    reels.save()
    before = told(reels)
    folder.unlink()
    record(reels, "b")
    reels.stop()

    assert [True] == ["is no folder" in one for one in before]
    assert (["a", "b"], []) == (on_disk(path), told(reels))


def test_what_cannot_be_written_where_it_belongs_is_written_elsewhere(reels, folder, elsewhere):
    """It is said where, and it is redacted there, too."""
    folder.write_text("not a folder")
    for text in ("a", "b"):
        record(reels, text)
    reels.stop()

    [kept] = elsewhere.rglob("*.yaml")
    assert (["a", "b"], False, {kept: 2}) == (on_disk(kept), KEY in kept.read_text(), reels.written)
    assert [
        (
            f"Cassette not written: {folder} is no folder\n"
            f"  where: {folder / 'recorded.yaml'}\n"
            f"  2 recordings kept in {kept}\n"
            "  way out: move that away, or name another place"
        )
    ] == told(reels)


def test_what_waits_for_another_try_has_a_bound(reels, folder, elsewhere, monkeypatch):
    """When it is much, it goes elsewhere while the server runs."""
    monkeypatch.setattr("chunktape.serve.deposit.MOST_HELD", 2)
    folder.write_text("not a folder")
    found = []
    for text in ("a", "b"):
        record(reels, text)
        reels.save()
        found.append([on_disk(path) for path in elsewhere.rglob("*.yaml")])

    assert [[], [["a", "b"]]] == found


def test_what_no_place_takes_is_told_as_lost(reels, elsewhere, path, monkeypatch):
    """A disk may be full everywhere."""

    def full(_number):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    record(reels, "a")
    reels.stop()

    assert [
        (
            f"Cassette not written: {os.strerror(errno.ENOSPC)}\n"
            f"  where: {path}\n"
            "  lost: 1 recording, for no other place could be written\n"
            "  way out: make room there and let it be written, or name another place"
        )
    ] == told(reels)
    assert [] == list(elsewhere.rglob("*.yaml"))


def test_a_hint_is_kept_where_warnings_are_errors(folder, path):
    """The thread that writes goes on, and the hint can be told."""
    reels = Reels(folder, Redaction())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reels.start()
        record(reels, "a", b'data: {"grant": "aB3dE5gH7jK9mN1pQ3sT5vX7z"}\n\n')
        reels.stop()

    assert (["a"], []) == (on_disk(path), told(reels))
    assert [(CassetteWarning, True)] == [
        (type(one), str(one).startswith("Perhaps a secret: 'grant' looks random")) for one in reels.warnings
    ]


def rewriting(provider, folder, *words, why=None):
    """Record these questions anew, reject what was recorded or not, and return what is told."""
    with recording(folder / "a.yaml", f"openai={provider.openai_url}", rewrite=True) as server:
        for word in words:
            ask(server, body=asked(word))
        if why is not None:
            server.reject(why)
    return server


@pytest.fixture
def older(tmp_path):
    """Return a folder with a cassette of two recordings that were paid for."""
    store.write(tmp_path / "a.yaml", [recorded("old 1"), recorded("old 2")])
    return tmp_path


def test_what_is_recorded_anew_takes_the_place_of_the_older_at_the_end(older):
    """Until then it is collected beside it."""
    reels = Reels(older / "a.yaml", Redaction(), anew=True)
    record(reels, "new 1")
    reels.save()
    meanwhile = on_disk(older / "a.yaml")
    record(reels, "new 2")
    reels.stop()

    assert (["old 1", "old 2"], ["new 1", "new 2"]) == (meanwhile, on_disk(older / "a.yaml"))
    assert ({older / "a.yaml": 2}, [older / "a.yaml"]) == (reels.written, list(older.iterdir()))


def test_what_others_have_saved_meanwhile_stays(older):
    """Only what was there when it began is recorded anew."""
    path = older / "a.yaml"
    reels = Reels(path, Redaction(), anew=True)
    record(reels, "new")
    reels.save()
    store.write(path, [*store.read(path), recorded("of another")])
    reels.stop()

    assert ["of another", "new"] == on_disk(path)


def test_what_is_rejected_stays_beside_the_older(provider, older):
    """A command that failed has not recorded all of it; what it paid for is kept, and said where."""
    server = rewriting(provider, older, "new", why="the command ended with 7")

    beside = older / "a.rejected.yaml"
    assert (["old 1", "old 2"], ["new"]) == (on_disk(older / "a.yaml"), on_disk(beside))
    assert [
        (
            f"Nothing was put in the place of {older / 'a.yaml'}: the command ended with 7\n"
            f"  what was recorded is beside it: {beside}\n"
            "  to take it all the same: rename it to a.yaml"
        )
    ] == [str(one) for one in server.record_warnings]


def test_two_rejections_keep_both(provider, older):
    """Each has cost something."""
    for word in ("first", "second"):
        rewriting(provider, older, word, why="it failed")

    kept = [path for path in older.iterdir() if ".rejected" in path.name]
    assert [["first"], ["second"]] == sorted(map(on_disk, kept))


def test_an_exception_rejects(provider, older):
    """What leaves the server by one has not recorded all of it."""
    upstream = f"openai={provider.openai_url}"
    with pytest.raises(ZeroDivisionError), recording(older / "a.yaml", upstream, rewrite=True) as server:
        ask(server, body=asked("new"))
        raise ZeroDivisionError

    assert ["old 1", "old 2"] == on_disk(older / "a.yaml")
    assert ["a.yaml: ZeroDivisionError was raised"] == [
        str(one).partition("\n")[0].rpartition("/")[2] for one in server.record_warnings
    ]


def test_what_is_not_whole_takes_no_place(older):
    """Where a secret has stopped one recording, the older cassette is the better one."""
    reels = Reels(older / "a.yaml", Redaction(), anew=True)
    record(reels, "a", ECHO)
    reels.save()
    record(reels, "b")
    reels.stop()

    assert (["old 1", "old 2"], ["b"]) == (on_disk(older / "a.yaml"), on_disk(older / "a.rejected.yaml"))
    assert [": not all of it could be written"] == [
        re.search(r"a\.yaml(: .*)", str(one))[1] for one in reels.warnings
    ]


def test_what_lies_beside_a_cassette_is_not_played(provider, tmp_path):
    """It is asked for again by who records into the folder."""
    for name in ("a", "a.rejected", "a.unsaved-0123abcd"):
        store.write(tmp_path / f"{name}.yaml", [recorded(name)])

    with recording(tmp_path, f"openai={provider.openai_url}") as server:
        for name in ("a", "a.rejected", "a.unsaved-0123abcd"):
            ask(server, body=asked(name))

    assert ["played", "recorded", "recorded"] == [one.outcome for one in server.entries]


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("t.json", "t.yaml"), ("x.sse", "x.yaml"), ("odd.tape", "odd.yaml"), ("a.yaml.gz", "a.yaml"),
        ("t.json.gz", "t.yaml"),
    ],
)  # fmt: skip  # read as a table
def test_a_place_that_no_cassette_can_have_is_refused_when_the_server_is_made(tmp_path, name, better):
    """Nothing is asked before, and nothing stands there."""
    with pytest.raises(ConfigurationError) as caught:
        Server(record=tmp_path / name)

    assert str(caught.value) == (
        f"Nothing can be recorded into {name!r}: a cassette is called .yaml\n"
        f"  where: {tmp_path / name}\n"
        f"  way out: name it {better}, or {name}/ for a folder of cassettes"
    )
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "made"), [("v1.2", True), ("v1.2/", False), ("tapes.yaml", True)])
def test_a_folder_may_have_a_suffix(provider, tmp_path, name, made):
    """Where it is there, or is written as one."""
    if made:
        (tmp_path / name / "recorded.yaml").mkdir(parents=True)
    with recording(f"{tmp_path}/{name}", f"openai={provider.openai_url}") as server:
        ask(server, f"/@a{CHAT}")

    assert ["hi"] == on_disk(tmp_path / name / "a.yaml")


@pytest.mark.parametrize("name", ["file", "file/a.yaml", "file/tapes"])
def test_a_place_that_cannot_be_written_is_said_when_the_server_is_made(tmp_path, name):
    """That is before anything was paid for."""
    store.write(tmp_path / "t.yaml", [recorded()])
    (tmp_path / "t.yaml").rename(tmp_path / "file")

    with pytest.raises(CassetteError, match="file is no folder"):
        Server(record=tmp_path / name)


def outcomes(provider, folder, times):
    """Ask the same so often, of a server of its own, and return what became of it."""
    with recording(folder, f"openai={provider.openai_url}") as server:
        heard = [ask(server).status for _ in range(times)]
    return [(status, one.outcome, one.recording) for status, one in zip(heard, server.entries, strict=True)]


def test_a_refusal_does_not_come_back_after_a_restart(provider, tmp_path):
    """It stays in the file, which numbers the recordings, and is asked for again."""
    provider.play(error(429), chat("Now."))
    first = outcomes(provider, tmp_path, 3)
    second = outcomes(provider, tmp_path, 2)

    assert [429, 200] == [one.head.status for one in Cassette.load(tmp_path / "recorded.yaml")]
    assert [
        (429, "recorded", "recorded"), (200, "recorded", "recorded"), (200, "played", "recorded#2"),
        (200, "played", "recorded#2"), (200, "played", "recorded#2"),
    ] == first + second  # fmt: skip  # read as a table


@pytest.mark.parametrize(
    ("script", "again"),
    [
        (chat("Now.", cut=3, end=Disconnect()), "recorded"),
        (error(500), "recorded"),
        (chat("Now."), "played"),
        (raw(b"{}", headers=(("content-type", "application/json"),)), "played"),
    ],
)
def test_what_broke_off_is_asked_for_again_after_a_restart(provider, tmp_path, script, again):
    """As it would be while the server runs."""
    provider.play(script, chat("Later."))
    outcomes(provider, tmp_path, 1)

    assert [again] == [outcome for _, outcome, _ in outcomes(provider, tmp_path, 1)]


@pytest.mark.parametrize(("data", "again"), [(DATA, "played"), (DATA[:10], "recorded")])
def test_a_stream_that_its_reader_closed_counts_by_its_end_marker(provider, tmp_path, data, again):
    """SDKs close what they have read to its end marker, and what their caller has left."""
    store.write(tmp_path / "a.yaml", [recorded(data=data, ending=Ending("closed"))])

    assert [again] == [outcome for _, outcome, _ in outcomes(provider, tmp_path, 1)]


def test_a_queue_plays_refusals_too(provider, tmp_path):
    """An SDK that tried again while it was recorded does so when it is played."""
    provider.play(error(429), chat("Now."))
    outcomes(provider, tmp_path, 2)

    with recording(tmp_path, f"openai={provider.openai_url}", order="queue") as server:
        assert [429, 200] == [ask(server).status for _ in range(2)]


@pytest.mark.parametrize("rewrite", [False, True])
def test_a_server_that_records_can_be_started_again(provider, tmp_path, rewrite):
    """What it records then is written as before."""
    upstream = [f"openai={provider.openai_url}"]
    server = Server(record=tmp_path / "a.yaml", upstream=upstream, pace="instant", rewrite=rewrite)
    found = []
    for word in ("first", "second"):
        with server:
            ask(server, body=asked(word))
        found.append(on_disk(tmp_path / "a.yaml"))

    assert [["first"], ["second"] if rewrite else ["first", "second"]] == found


def test_a_reply_without_end_is_kept_as_far_as_a_cassette_could_hold_it(provider, tmp_path, monkeypatch):
    """It goes on to the client, whole, and what is kept is on the disk while it does."""
    monkeypatch.setattr("chunktape.serve.errand.MOST_KEPT", 20_000)
    pieces = [b"data: %04d\n\n" % number for number in range(1_000)]
    provider.play(raw(*pieces))
    with recording(tmp_path, f"openai={provider.openai_url}") as server:
        heard = ask(server)

    [one] = Cassette.load(tmp_path / "recorded.yaml")
    assert [] == [piece for piece in pieces if piece not in heard.body]
    assert (True, "error", "it has more than 20,000 bytes") == (
        0 < len(one.body) <= 20_000, one.ending.kind, one.ending.failure.message
    )  # fmt: skip  # read as a table
    assert [
        (f"A reply was not kept whole: it has more than 20,000 bytes\n  where: {tmp_path / 'recorded.yaml'}")
    ] == [str(one) for one in server.record_warnings]


def test_equal_requests_at_the_same_time_are_each_recorded(provider, tmp_path):
    """Each was asked, in its own words; from then on they are played in turn, by their numbers."""
    provider.play(chat("One.", gap=0.02), chat("Two.", gap=0.02))
    with recording(tmp_path, f"openai={provider.openai_url}") as server, ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: ask(server), range(2)))
        for _ in range(2):
            ask(server)

    assert ["hi", "hi"] == texts(Cassette.load(tmp_path / "recorded.yaml"))
    assert [("played", "recorded#1"), ("played", "recorded#2")] == sorted(
        (one.outcome, one.recording) for one in server.entries if one.outcome == "played"
    )
