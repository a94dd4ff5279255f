"""`Page`: a command whose ``--help`` ends with examples and exit codes, in one style for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Page"]

_GAP = 2


class Page(click.Command):
    """A command with examples (a command line → what it does) and exit codes in its help."""

    def __init__(
        self, *args: Any, examples: Mapping[str, str], exit_codes: Mapping[int, str], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.examples = examples
        for param in self.params:
            if isinstance(param, click.Option) and param.multiple and param.help:
                param.help = f"{param.help.removesuffix('.')}; repeatable."
        self._exit_codes = exit_codes

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples and the exit codes below the options."""
        with formatter.section("Examples"):
            _write_examples(formatter, self.examples)
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), meaning) for code, meaning in self._exit_codes.items()])
        super().format_epilog(ctx, formatter)


def _write_examples(formatter: click.HelpFormatter, examples: Mapping[str, str]) -> None:
    """Write each example with what it does beside it, or all of them with it below where that is too wide."""
    widest = sum(max(map(len, column)) for column in (examples.keys(), examples.values()))
    if formatter.current_indent + widest + _GAP <= formatter.width:
        formatter.write_dl(list(examples.items()), col_max=formatter.width, col_spacing=_GAP)
        return
    for line, does in examples.items():
        # Never wrapped: it is there to be copied.
        formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
        with formatter.indentation(), formatter.indentation():
            formatter.write_text(does)
