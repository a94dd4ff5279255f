"""`Page`: a command whose ``--help`` ends with examples and exit codes, in one style for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Page"]


class Page(click.Command):
    """A command with examples (a command line → what it does) and exit codes in its help."""

    def __init__(
        self, *args: Any, examples: Mapping[str, str], exit_codes: Mapping[int, str], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._examples = examples
        self._exit_codes = exit_codes

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples and the exit codes below the options."""
        with formatter.section("Examples"):
            formatter.write_dl(list(self._examples.items()), col_max=48)
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), meaning) for code, meaning in self._exit_codes.items()])
        super().format_epilog(ctx, formatter)
