"""Which client a call to Azure goes through: the caller's, or one that is built for this call."""

from __future__ import annotations

import inspect
import os
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from chunktape.adapters.placeholder import PLACEHOLDER_KEY
from chunktape.adapters.plug import async_azure_transport, azure_transport
from chunktape.azure.sdk import AsyncChatCompletionsClient, AzureKeyCredential, ChatCompletionsClient
from chunktape.errors import ConfigurationError
from chunktape.wire.transport import AsyncTransport, Transport

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["async_client_of", "check_client", "client_of", "completions_of"]

ENDPOINT = "AZURE_INFERENCE_ENDPOINT"
KEY = "AZURE_INFERENCE_CREDENTIAL"
NOWHERE = "https://chunktape.invalid"
"""The endpoint of calls that a transport answers from memory; this name belongs to nobody (RFC 2606)."""


def client_of(transport: Any) -> tuple[ChatCompletionsClient, Callable[[], None]]:
    """Return a client from the environment, or over a transport, and what closes it after its call.

    Over a transport it may do without endpoint and key.
    """
    endpoint, credential = _settings(transport, Transport, "azure.identity")
    options = {} if transport is None else {"transport": azure_transport(transport)}
    client = ChatCompletionsClient(endpoint, credential, **options)
    owned = [client, credential] if hasattr(credential, "close") else [client]

    def close() -> None:
        for one in owned:
            one.close()

    return client, close


def async_client_of(transport: Any) -> tuple[AsyncChatCompletionsClient, Callable[[], Awaitable[None]]]:
    """`client_of`, awaited."""
    endpoint, credential = _settings(transport, AsyncTransport, "azure.identity.aio")
    options = {} if transport is None else {"transport": async_azure_transport(transport)}
    client = AsyncChatCompletionsClient(endpoint, credential, **options)
    owned = [client, credential] if hasattr(credential, "close") else [client]

    async def aclose() -> None:
        for one in owned:
            await one.close()

    return client, aclose


def completions_of(client: Any) -> Any:
    """Return where ``create`` is, in a client of openai's; None in every other."""
    return getattr(getattr(client, "chat", None), "completions", None)


def check_client(client: Any, *, awaited: bool) -> Any:
    """Return a client of azure-ai-inference; raises `ConfigurationError` for every other."""
    complete = getattr(client, "complete", None)
    if not callable(complete):
        raise ConfigurationError(
            f"azure_call cannot use this client: {type(client).__module__}.{type(client).__qualname__}\n"
            "  it takes a ChatCompletionsClient of azure.ai.inference, or a client of openai's"
        )
    if inspect.iscoroutinefunction(inspect.unwrap(complete)) is not awaited:
        kind, other = ("an async", "azure.ai.inference.aio") if awaited else ("a plain", "azure.ai.inference")
        raise ConfigurationError(
            f"{kind.capitalize()} function needs {kind} client, not "
            f"{type(client).__module__}.{type(client).__qualname__}\n"
            f"  give azure_call the ChatCompletionsClient of {other}, or make the function "
            f"{'a plain one' if awaited else 'an async one'}"
        )
    return client


def _settings(transport: Any, wanted: type[Any], identity: str) -> tuple[str, Any]:
    if transport is not None and not isinstance(transport, wanted):
        made_by = "A plain function" if wanted is Transport else "An async function"
        raise ConfigurationError(
            f"{made_by} needs `transport` to be a {wanted.__name__}, not {type(transport).__qualname__}"
        )
    offline = transport is not None and not transport.needs_key
    endpoint = os.environ.get(ENDPOINT) or (NOWHERE if offline else None)
    credential = _credential(identity, offline=offline)
    missing = [name for name, value in ((ENDPOINT, endpoint), (KEY, credential)) if value is None]
    if endpoint is None or missing:
        raise ConfigurationError(
            f"azure_call has no client, and the environment does not say how to build one: "
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set\n"
            f"  set {ENDPOINT} to the URL of the endpoint and {KEY} to its key,\n"
            "  or give azure_call a client; with azure-identity installed it does without a key"
        )
    return endpoint, credential


def _credential(identity: str, *, offline: bool) -> Any:
    """Return the key, else a placeholder where none is needed, else Entra's credential, else None."""
    # While a cassette that cannot record is open, an empty key becomes a placeholder by itself.
    credential = AzureKeyCredential(os.environ.get(KEY) or (PLACEHOLDER_KEY if offline else ""))
    if credential.key:
        return credential
    package = identity.split(".aio", maxsplit=1)[0]
    return import_module(identity).DefaultAzureCredential() if find_spec(package) else None
