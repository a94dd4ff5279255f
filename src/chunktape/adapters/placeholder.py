"""Keys for clients that are built without one while their calls cannot leave the machine.

No environment variable is changed, and an endpoint stays what its user says. A session that may
record never sees a placeholder, so none can end up on the wire.
"""

from __future__ import annotations

import os
import sys
from functools import partial, wraps
from threading import RLock
from typing import TYPE_CHECKING, Any

from chunktape.adapters.patch import Patches
from chunktape.adapters.scope import candidates

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "PLACEHOLDER_KEY",
    "PLACEHOLDER_TOKEN",
    "install",
    "patch_anthropic",
    "patch_azure_credentials",
    "patch_azure_policies",
    "patch_openai",
    "uninstall",
]

PLACEHOLDER_KEY = "chunktape-placeholder-key"
PLACEHOLDER_TOKEN = "chunktape-placeholder-token"  # noqa: S105 - it opens nothing

# What a client takes its credentials from: arguments, then variables. Read from openai 3.52
# (lib/_client_auth.py, lib/azure.py) and anthropic 2.11 (_client.py, lib/foundry.py).
OPENAI = (
    ("api_key", "admin_api_key", "workload_identity", "provider"),
    ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY"),
)
AZURE_OPENAI = (
    ("api_key", "azure_ad_token", "azure_ad_token_provider"),
    ("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN"),
)
ANTHROPIC = (
    ("api_key", "auth_token", "credentials", "config", "profile"),
    ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE"),
)
FOUNDRY = (("api_key", "azure_ad_token_provider"), ("ANTHROPIC_FOUNDRY_API_KEY",))
OPENAI_CLIENTS = {
    "OpenAI": OPENAI,
    "AsyncOpenAI": OPENAI,
    "AzureOpenAI": AZURE_OPENAI,
    "AsyncAzureOpenAI": AZURE_OPENAI,
}
ANTHROPIC_CLIENTS = {
    "Anthropic": ANTHROPIC,
    "AsyncAnthropic": ANTHROPIC,
    "AnthropicFoundry": FOUNDRY,
    "AsyncAnthropicFoundry": FOUNDRY,
}

_lock = RLock()
_patches: Patches | None = None
_patched: set[str] = set()


def install() -> None:
    """Give placeholders from now on, to the SDKs that are loaded; does nothing where that is so already."""
    global _patches  # noqa: PLW0603 - what is patched is the interpreter's, so there is one of it
    with _lock:
        if _patches is not None:
            return
        _patches = Patches()
        for name, patch in HOOKS.items():
            module = sys.modules.get(name)
            if module is not None:  # None is how Python blocks an import
                patch(module)


def uninstall() -> None:
    """Leave the SDKs as they were before `install`."""
    global _patches  # noqa: PLW0603 - see install
    with _lock:
        if _patches is not None:
            _patches.undo()
        _patches = None
        _patched.clear()


def patch_openai(module: Any) -> None:
    """Give a key to the clients of openai, when it is imported after `install`."""
    with _lock:
        patches = _patches_for(module, "OpenAI")
        if patches is not None:
            _patch_clients(patches, module, OPENAI_CLIENTS)
            module_client = getattr(module, "_ModuleClient", None)
            if module_client is not None:
                patches.replace(module_client, "api_key", _module_key)


def patch_anthropic(module: Any) -> None:
    """Give a key to the clients of anthropic, when it is imported after `install`."""
    with _lock:
        patches = _patches_for(module, "Anthropic")
        if patches is not None:
            _patch_clients(patches, module, ANTHROPIC_CLIENTS)


def patch_azure_credentials(module: Any) -> None:
    """Give a key to `AzureKeyCredential`, when ``azure.core.credentials`` is imported after `install`."""
    with _lock:
        patches = _patches_for(module, "AzureKeyCredential")
        if patches is not None:
            patches.replace(module.AzureKeyCredential, "__init__", _key_credential)


def patch_azure_policies(module: Any) -> None:
    """Answer for Entra, when ``azure.core.pipeline.policies`` is imported after `install`."""
    with _lock:
        patches = _patches_for(module, "AsyncBearerTokenCredentialPolicy")
        if patches is not None:
            # The second is what asks again after a recorded 401 with a claims challenge.
            for name in ("on_request", "authorize_request"):
                patches.replace(module.BearerTokenCredentialPolicy, name, _bearer)
                patches.replace(module.AsyncBearerTokenCredentialPolicy, name, _async_bearer)


HOOKS: dict[str, Callable[[Any], None]] = {
    "openai": patch_openai,
    "anthropic": patch_anthropic,
    "azure.core.credentials": patch_azure_credentials,
    "azure.core.pipeline.policies": patch_azure_policies,
}


def _patches_for(module: Any, name: str) -> Patches | None:
    """Return where to patch a module, or None: not now, not twice, and not while it is half imported."""
    if _patches is None or module.__name__ in _patched or not hasattr(module, name):
        return None
    _patched.add(module.__name__)
    return _patches


def _patch_clients(patches: Patches, module: Any, clients: dict[str, Any]) -> None:
    for name, (arguments, variables) in clients.items():
        client = getattr(module, name, None)
        if client is not None:
            give = partial(_client, owner=client, arguments=arguments, variables=variables)
            patches.replace(client, "__init__", give)


def _is_replay() -> bool:
    sessions = candidates()
    return bool(sessions) and not any(session.can_record for session in sessions)


def _client(original: Any, *, owner: type, arguments: tuple[str, ...], variables: tuple[str, ...]) -> Any:
    @wraps(original)
    def __init__(self: Any, *args: Any, **options: Any) -> None:  # noqa: N807 - it replaces one
        given = any(options.get(name) not in (None, "") for name in arguments)
        if not given and _is_replay() and not _has_credentials(self, owner, options, variables):
            options["api_key"] = PLACEHOLDER_KEY
        original(self, *args, **options)

    return __init__


def _has_credentials(client: Any, owner: type, options: dict[str, Any], variables: tuple[str, ...]) -> bool:
    """Return whether a client finds credentials without arguments, or says that it needs none."""
    if options.get("_enforce_credentials") is False or any(os.environ.get(name) for name in variables):
        return True
    # A vendor's own subclass (for Bedrock, AWS, Foundry) has signed in by other means before it comes here.
    vendor = owner.__module__.partition(".")[0]
    classes = type(client).__mro__
    built = [one for one in classes[: classes.index(owner)] if "__init__" in vars(one)]
    if any(one.__module__.partition(".")[0] == vendor for one in built):
        return True
    # Profiles on the disk and workload identity bring an endpoint of their own, which is the user's.
    chain = sys.modules.get("anthropic.lib.credentials") if "ANTHROPIC_PROFILE" in variables else None
    discover = getattr(chain, "default_credentials", None)
    return discover is not None and discover() is not None


def _module_key(original: property) -> property:
    """Return the key of ``openai.…`` called without a client: read in replay, and never stored."""

    def read(self: Any) -> Any:
        key = original.__get__(self)
        return key or (PLACEHOLDER_KEY if _is_replay() else key)

    def write(self: Any, value: Any) -> None:
        if value != PLACEHOLDER_KEY:
            original.__set__(self, value)

    return property(read, write, original.fdel, original.__doc__)


def _key_credential(original: Any) -> Any:
    @wraps(original)
    def __init__(self: Any, *args: Any, **options: Any) -> None:  # noqa: N807 - it replaces one
        if _is_replay():
            args = tuple(_key_or_placeholder(key) for key in args)
            options = {name: _key_or_placeholder(key) for name, key in options.items()}
        original(self, *args, **options)

    return __init__


def _key_or_placeholder(key: Any) -> Any:
    return PLACEHOLDER_KEY if key in (None, "") else key


def _bearer(original: Any) -> Any:
    @wraps(original)
    def authorize(self: Any, request: Any, *scopes: Any, **options: Any) -> Any:
        if _is_replay():
            return _authorize(original, request)
        return original(self, request, *scopes, **options)

    return authorize


def _async_bearer(original: Any) -> Any:
    async def stand_in(_: Any, request: Any, *scopes: Any, **options: Any) -> None:  # noqa: ARG001 - its signature
        _authorize(original, request)

    @wraps(original)
    async def authorize(self: Any, request: Any, *scopes: Any, **options: Any) -> Any:
        return await _chosen(stand_in, original)(self, request, *scopes, **options)

    return authorize


def _chosen(stand_in: Any, original: Any) -> Any:
    return stand_in if _is_replay() else original


def _authorize(original: Any, request: Any) -> None:
    # Its check of the scheme also takes an option away that no transport understands.
    check = getattr(original, "__globals__", {}).get("_enforce_https")
    if check is not None and original.__name__ == "on_request":
        check(request)
    request.http_request.headers["Authorization"] = f"Bearer {PLACEHOLDER_TOKEN}"
