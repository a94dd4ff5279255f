"""`Journal`: entries, and who hears of them."""

from __future__ import annotations

import pytest
from raw_http import ask

from chunktape import UnmatchedRequestError
from chunktape.serve import Server
from chunktape.serve.journal import KEPT, Journal

CHAT = "/v1/chat/completions"
STORY = {"model": "m", "messages": [{"role": "user", "content": "A story?"}], "stream": True}


def test_a_stream_that_outlasts_the_last_entries_ends_as_others_do():
    """However many came meanwhile, its end is told, and those that are kept are the newest."""
    told = []
    journal = Journal()
    journal.listen(lambda entry: told.append((entry.number, entry.course, entry.sent)))

    first = journal.begin("POST", CHAT, "default", "played")
    for _ in range(KEPT):
        journal.end(journal.begin("POST", CHAT, "default", "played"), "whole", 1, 200)
    journal.end(first, "left", 7, 200)

    assert (first, "left", 7) == told[-1]
    assert list(range(first + 1, first + 1 + KEPT)) == [entry.number for entry in journal.entries]
    assert 0 == journal.totals["running"]


@pytest.mark.parametrize("kind", [ValueError, UnmatchedRequestError])
def test_a_listener_that_raises_hears_no_more(caplog, kind):
    """It is named in the log once, whoever comes behind it hears all, and ending it is no error."""
    told = []

    def fail(_):
        raise kind("of its own")

    journal = Journal()
    stop = journal.listen(fail)
    journal.listen(told.append)
    journal.end(journal.begin("POST", CHAT, "default", "played"), "whole", 1, 200)
    stop()

    assert ["running", "whole"] == [entry.course for entry in told]
    assert [("chunktape.serve", "of its own")] == [
        (record.name, str(record.exc_info[1])) for record in caplog.records
    ]


def test_no_answer_hears_of_what_a_listener_raises(tapes, caplog):
    """A stream comes whole while a listener fails."""
    with Server(tapes, pace="instant") as server:
        server.listen(lambda entry: entry.nothing)
        heard = ask(server.url, CHAT, STORY)

    assert (200, "eof") == (heard.status, heard.ending)
    assert 1 == len(caplog.records)
