"""Keys for clients that are built when tests are imported, before any tape could give them one."""

from __future__ import annotations

import os

import pytest

from chunktape.pytest_plugin.option import early_settings

__all__ = ["restore_keys", "set_placeholder_keys"]

_SET = pytest.StashKey[list[str]]()


def set_placeholder_keys(config: pytest.Config) -> None:
    """Set the variables of ``tape_placeholder_keys`` that are not set; never in a run that may record."""
    settings = early_settings(config)
    if not settings.placeholder_keys or settings.record_mode != "none":
        return
    from chunktape.adapters.placeholder import PLACEHOLDER_KEY

    # A worker of pytest-xdist inherits what its controller has set; it is to be taken back there, too.
    unset = [name for name in settings.placeholder_keys if os.environ.get(name) in {None, PLACEHOLDER_KEY}]
    os.environ.update(dict.fromkeys(unset, PLACEHOLDER_KEY))
    config.stash[_SET] = unset


def restore_keys(config: pytest.Config) -> None:
    """Take back what was set."""
    for name in config.stash.get(_SET, []):
        os.environ.pop(name, None)
    config.stash[_SET] = []
