"""The doors of the stacks over vcrpy's stubs: ours are asked first while a bridged cassette is open.

One table as in `intercept`, over other ground: vcrpy has replaced the same methods just before, and
the ones below them. Neither the guard nor placeholders belong here; a suite of vcrpy's has its own.
"""

from __future__ import annotations

import sys
from threading import RLock
from typing import TYPE_CHECKING

import wrapt
from wrapt.importer import ImportHookFinder  # type: ignore[import-untyped] # wrapt has no types for it

from chunktape.adapters import azure_core, requests
from chunktape.adapters.httpx2 import stack_of
from chunktape.adapters.httpx2_aiohttp import stack_under
from chunktape.adapters.patch import Patches
from chunktape.adapters.vcrpy_passage import abeneath, beneath, choose_connection, choose_request

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

__all__ = ["close_doors", "open_doors"]

_lock = RLock()
_open: list[tuple[Patches, dict[str, ModuleType]]] = []
_hooked: set[str] = set()


def open_doors() -> None:
    """Put our doors over what vcrpy has put in place, once more for each cassette that is opened."""
    with _lock:
        _open.append((Patches(), {}))
        for name in DOORS:
            module = sys.modules.get(name)
            if module is not None:
                _patch(name, module)
            elif name not in _hooked:
                _hooked.add(name)
                wrapt.register_post_import_hook(_on_import, name)
        if not any(isinstance(one, ImportHookFinder) for one in sys.meta_path):
            # Whoever put sys.meta_path back (pytest's pytester does) threw wrapt's finder out with it.
            sys.meta_path.insert(0, ImportHookFinder())


def close_doors() -> None:
    """Put back what was there before the last `open_doors`."""
    with _lock:
        patches, _ = _open.pop()
        patches.undo()


def _on_import(module: ModuleType) -> None:
    with _lock:
        _hooked.discard(module.__name__)
        if _open:
            _patch(module.__name__, module)


def _patch(name: str, module: ModuleType) -> None:
    patches, patched = _open[-1]
    if patched.get(name) is not module:
        patched[name] = module
        DOORS[name](patches, module)


def _patch_httpx(patches: Patches, module: ModuleType) -> None:
    # A module called httpx may be another one (httpx 1.0.dev has no transports of this shape).
    if hasattr(module, "HTTPTransport") and hasattr(module, "AsyncHTTPTransport"):
        stack = stack_of(module)
        patches.replace(module.HTTPTransport, "handle_request", lambda own: stack.handle(beneath(own)))
        patches.replace(
            module.AsyncHTTPTransport,
            "handle_async_request",
            lambda own: stack.handle_async(abeneath(own)),
        )


def _patch_over_aiohttp(name: str) -> Callable[[Patches, ModuleType], None]:
    def patch(patches: Patches, module: ModuleType) -> None:
        transport = getattr(module, name, None)
        if transport is not None:  # a release may have none yet, or no more
            stack = stack_under(transport)
            patches.replace(transport, "handle_async_request", lambda own: stack.handle_async(abeneath(own)))

    return patch


def _patch_requests(patches: Patches, module: ModuleType) -> None:
    patches.replace(module.HTTPAdapter, "send", lambda own: requests.send(beneath(own)))


def _patch_azure_core(patches: Patches, module: ModuleType) -> None:
    patches.replace(module.AioHttpTransport, "send", lambda own: azure_core.send(abeneath(own)))


# Below the doors: where vcrpy reads what the stacks above have asked for.


def _patch_aiohttp(patches: Patches, module: ModuleType) -> None:
    patches.replace(module.ClientSession, "_request", choose_request)


def _patch_urllib3(patches: Patches, module: ModuleType) -> None:
    for pool in (module.HTTPConnectionPool, module.HTTPSConnectionPool):
        patches.replace(pool, "ConnectionCls", choose_connection)


def _patch_socks(patches: Patches, module: ModuleType) -> None:
    for pool in (module.SOCKSHTTPConnectionPool, module.SOCKSHTTPSConnectionPool):
        patches.replace(pool, "ConnectionCls", choose_connection)


DOORS: dict[str, Callable[[Patches, ModuleType], None]] = {
    "httpx2": _patch_httpx,
    "httpx": _patch_httpx,
    "openai._vendor.httpx_aiohttp.transport": _patch_over_aiohttp("AiohttpTransport"),
    "anthropic._vendor.httpx_aiohttp.transport": _patch_over_aiohttp("AiohttpTransport"),
    "httpx_aiohttp.transport": _patch_over_aiohttp("AiohttpTransport"),
    "litellm.llms.custom_httpx.aiohttp_transport": _patch_over_aiohttp("LiteLLMAiohttpTransport"),
    "requests.adapters": _patch_requests,
    "azure.core.pipeline.transport._aiohttp": _patch_azure_core,
    "aiohttp.client": _patch_aiohttp,
    "urllib3.connectionpool": _patch_urllib3,
    "urllib3.contrib.socks": _patch_socks,
}
