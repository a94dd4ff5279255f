"""What the commands that serve ask of the interpreter while they do."""

from __future__ import annotations

import sys

import pytest

from chunktape.cli.serving import TURN_SECONDS, short_turns


def test_threads_take_short_turns_until_the_block_is_left():
    """A thread that writes lets the one that serves go on soon; afterwards all is as it was."""
    before = sys.getswitchinterval()

    with pytest.raises(RuntimeError), short_turns():
        inside = sys.getswitchinterval()
        raise RuntimeError

    assert pytest.approx(TURN_SECONDS) == inside
    assert before == sys.getswitchinterval()
