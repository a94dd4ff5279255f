"""``chunktape demo --serve``: the scripted provider as a server of its own, until Ctrl-C."""

from __future__ import annotations

from contextlib import suppress
from threading import Event

import click

from chunktape.errors import ConfigurationError
from chunktape.loopback import Provider

__all__ = ["lodge"]

# No secret: the provider takes any key, and the SDKs want one.
KEY = "loopback"


def lodge(port: int) -> None:
    """Run the provider until Ctrl-C; raises `ConfigurationError` where the port is taken."""
    provider = Provider(port=port)
    try:
        provider.start()
    except ConfigurationError as error:
        raise ConfigurationError(
            f"The provider cannot listen on 127.0.0.1:{port}: {error.__cause__ or error}\n"
            "  way out: chunktape demo --serve --port 0, which takes a free one"
        ) from None
    try:
        variables = {
            "OPENAI_BASE_URL": provider.openai_url,
            "OPENAI_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": provider.anthropic_url,
            "ANTHROPIC_API_KEY": KEY,
            "AZURE_INFERENCE_ENDPOINT": provider.azure_url,
            "AZURE_INFERENCE_CREDENTIAL": KEY,
        }
        with suppress(KeyboardInterrupt):
            click.echo(
                f"A scripted provider listens at {provider.url}, until Ctrl-C. For SDKs to find it:\n",
                err=True,
            )
            for name, value in variables.items():
                click.echo(f"export {name}={value}")
            Event().wait()
    finally:
        provider.stop()
