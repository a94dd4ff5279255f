"""Consoles that show text as it is given; where nobody looks, they are plain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from typing import NoReturn, TextIO

__all__ = ["console_on"]

PLAIN_WIDTH = 1_000_000_000


class _Console(Console):
    """A console that says when nobody reads it, where rich would end the program with 1."""

    def on_broken_pipe(self) -> NoReturn:
        """Raise it again: what it means is decided in one place."""
        self.quiet = True
        raise BrokenPipeError


def console_on(file: TextIO) -> Console:
    """Return a console; on what is no terminal it has no colours, no cursor control and no wrapping."""
    is_terminal = file.isatty()
    return _Console(
        file=file,
        force_terminal=is_terminal,
        width=None if is_terminal else PLAIN_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
    )
