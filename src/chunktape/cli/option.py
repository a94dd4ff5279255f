"""Options that several commands have: the same name, meaning and words everywhere."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["force_option", "format_option", "output_option"]

format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "jsonl"]),
    default="text",
    show_default=True,
    help="text for people, jsonl (an object a line) for programs.",
)
output_option = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write into a file what would go to standard output.",
)
force_option = click.option("--force", is_flag=True, help="With -o: write over what is there already.")
