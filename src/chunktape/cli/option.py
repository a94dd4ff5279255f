"""Options that several commands have: the same name, meaning and words everywhere."""

from __future__ import annotations

import click

__all__ = ["force_option", "format_option"]

format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "jsonl"]),
    default="text",
    show_default=True,
    help="text for people, jsonl (an object a line) for programs.",
)
force_option = click.option("--force", is_flag=True, help="With -o: write over what is there already.")
