"""Cassettes as somebody has left them, without asking anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chunktape.tape import store
from chunktape.tape.interaction import Interaction
from chunktape.wire.message import Head, Request

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

URL = "http://127.0.0.1:9/v1/chat/completions"
ANSWER = b'{"choices":[{"message":{"role":"assistant","content":"hi"}}]}'


def keep(path: Path, *owners: str | None, at: datetime | None = None, date: str | None = None) -> None:
    """Leave a cassette with a recording by each owner, made at that time, or answered at that date."""
    headers = (("content-type", "application/json"), *((("date", date),) if date else ()))
    store.write(
        path,
        [
            Interaction(
                request=Request("POST", URL, (), b"%d" % number),
                head=Head(200, "OK", headers),
                body=ANSWER,
                ends=(len(ANSWER),),
                recorded_at=at,
                recorded_by=owner,
            )
            for number, owner in enumerate(owners)
        ],
    )
