"""What is secret besides what redaction knows itself: ``--secret``, ``--secret-env``, ``--pattern``."""

from __future__ import annotations

import os
import re
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeAlias

import click

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Redact", "asked_for", "secret_options"]

SHORTEST = 4

Redact: TypeAlias = "dict[str, str | re.Pattern[str]]"

_OPTIONS = (
    click.option("--secret", "secrets", metavar="TEXT", multiple=True, help="A text that is secret, too."),
    click.option(
        "--secret-env", "variables", metavar="NAME", multiple=True,
        help="A variable whose value is secret, too.",
    ),
    click.option(
        "--pattern", "patterns", metavar="REGEX", multiple=True, help="What this finds is secret, too."
    ),
)  # fmt: skip  # read as a table


def secret_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add these options to a command, which gets them as `redact`: what to take out, by what it is called."""

    @wraps(command)
    def with_secrets(*args: Any, **given: Any) -> Any:
        redact = asked_for(given.pop("secrets"), given.pop("variables"), given.pop("patterns"))
        return command(*args, redact=redact, **given)

    for option in reversed(_OPTIONS):
        option(with_secrets)
    return with_secrets


def asked_for(
    secrets: tuple[str, ...], variables: tuple[str, ...], patterns: tuple[str, ...]
) -> dict[str, str | re.Pattern[str]]:
    """Return what --secret, --secret-env and --pattern add to redaction, by what it is called."""
    found: dict[str, str | re.Pattern[str]] = {}
    for number, text in enumerate(secrets, start=1):
        found[f"--secret {number}" if len(secrets) > 1 else "--secret"] = _long_enough(
            text, "The text of --secret"
        )
    for name in variables:
        if not os.environ.get(name):
            raise click.UsageError(
                f"--secret-env {name}: there is no such variable, or it is empty.\n"
                f"  way out: export {name}, or name another."
            )
        found[f"the value of {name}"] = _long_enough(os.environ[name], f"The value of {name}")
    for number, text in enumerate(patterns, start=1):
        try:
            pattern = re.compile(text)
        except re.error as error:
            raise click.UsageError(
                f"--pattern {text!r} is no regular expression: {error}.\n"
                "  way out: write one as Python's re takes it; (?P<secret>…) marks the part that is secret."
            ) from error
        found[f"--pattern {number}" if len(patterns) > 1 else "--pattern"] = pattern
    return found


def _long_enough(text: str, whose: str) -> str:
    if len(text) < SHORTEST:
        raise click.UsageError(
            f"{whose} has {len(text)} characters; one that short stands in ordinary words.\n"
            "  way out: --pattern 'pin=(?P<secret>…)' finds it by what stands around it."
        )
    return text
