"""The options of ``chunktape refresh`` that are more than a word: numbers, variables and origins by host."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import click

__all__ = ["numbers", "origins", "variables"]

_RANGE = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?")


def numbers(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[range, ...] | None:
    """Return the numbers of interactions that a text such as 1,3-5 means."""
    if value is None:
        return None
    found = [_RANGE.fullmatch(one.strip()) for one in value.split(",")]
    ranges = [range(int(one[1]), int(one[2] or one[1]) + 1) for one in found if one is not None]
    if len(ranges) < len(found) or not all(one and one.start for one in ranges):
        raise click.BadParameter(f"{value!r} means nothing; it is numbers from 1, such as 1,3-5", ctx, param)
    return tuple(ranges)


def variables(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> dict[str, str]:
    """Return the names of variables by host; a value that is none is not repeated: it may be a key."""
    found = {}
    for one in value:
        host, equals, name = one.partition("=")
        if not host or not equals or "/" in host or not (name == "" or name.isidentifier()):
            raise click.BadParameter(
                "it is HOST=VARIABLE, with the name of a variable that holds the key", ctx, param
            )
        found[host.lower()] = name
    return found


def origins(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> dict[str, str]:
    """Return the origins of URLs by host."""
    found = {}
    for one in value:
        host, _, url = one.partition("=")
        try:
            parts = urlsplit(url)
            fits = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:
            fits = False
        if not host or "/" in host or not fits or parts.path.strip("/") or parts.query or "@" in parts.netloc:
            raise click.BadParameter(
                f"{one!r} means nothing; it is HOST=URL, with scheme, host and port alone", ctx, param
            )
        found[host.lower()] = f"{parts.scheme}://{parts.netloc}"
    return found
