"""The options of ``chunktape refresh`` that are more than a word: variables and origins by host."""

from __future__ import annotations

from urllib.parse import urlsplit

import click

__all__ = ["origins", "variables"]


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
