"""Interception: while a cassette is open, the stacks' own transport classes ask it first.

One table says which module has which door. What is imported already is patched when the first
cassette opens; what is imported later is patched right after its import, because an SDK that was
first imported inside an open cassette would otherwise go live without a word. When the last
cassette is left, everything is put back.
"""

from __future__ import annotations

import sys
from threading import RLock
from typing import TYPE_CHECKING, Any

import wrapt
from wrapt.importer import ImportHookFinder  # type: ignore[import-untyped] # wrapt has no types for it

from chunktape.adapters import azure_core, bare, guard, placeholder, requests, scope
from chunktape.adapters.httpx2 import stack_of
from chunktape.adapters.httpx2_aiohttp import stack_under
from chunktape.adapters.patch import Patches

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from chunktape.tape.session import Session

__all__ = ["enter", "hold", "leave", "release"]

_patches = Patches()
_lock = RLock()
_hooked: set[str] = set()
_patched: dict[str, ModuleType] = {}
_open = 0


def _patch_httpx(module: ModuleType) -> None:
    # A module called httpx may be another one (httpx 1.0.dev has no transports of this shape).
    if hasattr(module, "HTTPTransport") and hasattr(module, "AsyncHTTPTransport"):
        stack = stack_of(module)
        _patches.replace(module.HTTPTransport, "handle_request", stack.handle)
        _patches.replace(module.AsyncHTTPTransport, "handle_async_request", stack.handle_async)


def _patch_over_aiohttp(name: str) -> Callable[[ModuleType], None]:
    def patch(module: ModuleType) -> None:
        transport = getattr(module, name, None)
        if transport is None:  # a release that has none yet, or no more
            return
        _patches.replace(transport, "handle_async_request", stack_under(transport).handle_async)

    return patch


def _patch_requests(module: ModuleType) -> None:
    _patches.replace(module.HTTPAdapter, "send", requests.send)


def _patch_azure_core(module: ModuleType) -> None:
    _patches.replace(module.AioHttpTransport, "send", azure_core.send)


def _patch_bare(watch: Callable[[Patches, ModuleType], None]) -> Callable[[ModuleType], None]:
    return lambda module: watch(_patches, module)


DOORS: dict[str, Callable[[ModuleType], Any]] = {
    "httpx2": _patch_httpx,
    "httpx": _patch_httpx,
    "openai._vendor.httpx_aiohttp.transport": _patch_over_aiohttp("AiohttpTransport"),
    "anthropic._vendor.httpx_aiohttp.transport": _patch_over_aiohttp("AiohttpTransport"),
    "httpx_aiohttp.transport": _patch_over_aiohttp("AiohttpTransport"),
    # litellm 1.106: what its async clients send goes through aiohttp, also that of the openai SDK below it.
    "litellm.llms.custom_httpx.aiohttp_transport": _patch_over_aiohttp("LiteLLMAiohttpTransport"),
    "requests.adapters": _patch_requests,
    "azure.core.pipeline.transport._aiohttp": _patch_azure_core,
    "http.client": _patch_bare(bare.watch_http_client),
    "urllib3.connectionpool": _patch_bare(bare.watch_urllib3),
    "aiohttp.client": _patch_bare(bare.watch_aiohttp),
    "openai": placeholder.patch_openai,
    "anthropic": placeholder.patch_anthropic,
    "azure.core.credentials": placeholder.patch_azure_credentials,
    "azure.core.pipeline.policies": placeholder.patch_azure_policies,
    "aiohttp": guard.install_aiohttp,
    "anyio": guard.install_anyio,
    "anyio._backends._asyncio": guard.install_anyio_stream,
    "trio": guard.install_trio,
    "uvloop": guard.install_uvloop,
}


def enter(session: Session) -> scope.Opening:
    """Make a session the current one of this context, with every door watched."""
    hold()
    return scope.open_session(session)


def leave(opening: scope.Opening) -> None:
    """End the time of a session; the last one puts everything back."""
    scope.close_session(opening)
    release()


def hold() -> None:
    """Watch every door until `release`, also while no session is open."""
    global _open  # noqa: PLW0603 one count for the interpreter, as for the classes it patches
    with _lock:
        _open += 1
        try:
            _watch_doors()
        except BaseException:
            _one_less()
            raise


def release() -> None:
    """End a `hold`; the last one puts everything back."""
    with _lock:
        _one_less()


def _watch_doors() -> None:
    if _open == 1:
        guard.install()
        placeholder.install()
    for name in DOORS:
        module = sys.modules.get(name)
        if module is not None:  # None is how Python blocks an import
            _patch(name, module)
        elif name not in _hooked:
            _hooked.add(name)
            wrapt.register_post_import_hook(_on_import, name)
    if not any(isinstance(one, ImportHookFinder) for one in sys.meta_path):
        # Whoever put sys.meta_path back (pytest's pytester does) threw wrapt's finder out with it.
        sys.meta_path.insert(0, ImportHookFinder())


def _one_less() -> None:
    global _open  # noqa: PLW0603 see hold
    _open -= 1
    if _open == 0:
        _patches.undo()
        _patched.clear()
        placeholder.uninstall()
        guard.uninstall()


def _on_import(module: ModuleType) -> None:
    with _lock:
        # A hook serves once, and a module may be thrown out of sys.modules and imported again.
        _hooked.discard(module.__name__)
        if _open:
            _patch(module.__name__, module)


def _patch(name: str, module: ModuleType) -> None:
    if _patched.get(name) is not module:
        _patched[name] = module
        DOORS[name](module)
