"""Where settings are written: the command line, pytest's ini file, ``[tool.chunktape]``; in this order.

Read once for each run, and before anything of it runs, so that a misspelt one stops it with one message.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from chunktape.pytest_plugin.place import from_here, under_root
from chunktape.pytest_plugin.setting import SETTINGS, Settings, Source, merged, parse_settings
from chunktape.pytest_plugin.stash import BEGAN

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

__all__ = ["add_options", "read_options", "settings_for", "settings_of"]

FLAGS = {
    "record_mode": "--tape",
    "pace": "--tape-pace",
    "report": "--tape-report",
    "max_cost": "--tape-max-cost",
    "guard": "--tape-guard",
}
"""The settings that the command line knows; their values win over all others."""


class _Layers(NamedTuple):
    """What was written in the files, on top of the defaults, and what the command line says."""

    files: dict[str, Any]
    flags: dict[str, Any]

    def settings(self, *between: Mapping[str, Any]) -> Settings:
        return replace(Settings(), **merged(self.files, *between, self.flags))


_LAYERS = pytest.StashKey[_Layers]()


def add_options(parser: pytest.Parser) -> None:
    """Add the flags and the ini options."""
    group = parser.getgroup("chunktape", "recorded provider streams")
    group.addoption(
        FLAGS["record_mode"],
        dest=_dest("record_mode"),
        metavar="MODE",
        default=None,
        help=(
            "what tests with a tape may do: none (or replay) plays recordings only, and is the default; "
            "once records where there is no cassette; new_episodes records what a cassette lacks; "
            "all and rewrite record again; expired records again what is older than tape_max_age; "
            "verify asks live, keeps nothing, and fails tests whose answers are not what was recorded; "
            "off goes live without a cassette. It wins over markers."
        ),
    )
    group.addoption(
        FLAGS["pace"],
        dest=_dest("pace"),
        metavar="PACE",
        default=None,
        help="how fast recordings are played: instant (the default), recorded, or a factor such as 2.0",
    )
    group.addoption(
        FLAGS["report"],
        dest=_dest("report"),
        metavar="FILE",
        default=None,
        help="write what every tape did to this JSON file",
    )
    group.addoption(
        FLAGS["max_cost"],
        dest=_dest("max_cost"),
        metavar="USD",
        default=None,
        help="record no further call once the recordings of this run have cost that much",
    )
    group.addoption(
        FLAGS["guard"],
        dest=_dest("guard"),
        metavar="WHERE",
        default=None,
        help="where the network is closed: tapes (while one is played, the default), or tests (in every one)",
    )
    for name, one in SETTINGS.items():
        parser.addini(f"tape_{name}", f"{one.help}.", type=one.kind, default=None)


def read_options(config: pytest.Config) -> Settings:
    """Read all that was written; raises `pytest.UsageError` for what means nothing."""
    try:
        files = merged(_of_pyproject(config), _of_ini(config))
        layers = _Layers(files, _of_flags(config.option))
        _check(layers.settings(), config)
    except ValueError as error:  # a ConfigurationError
        raise pytest.UsageError(str(error)) from None
    config.stash[_LAYERS] = layers
    config.stash[BEGAN] = time.time_ns()
    return layers.settings()


def settings_of(config: pytest.Config) -> Settings:
    """Return what holds for the whole run."""
    return settings_for(config)


def settings_for(config: pytest.Config, *between: Mapping[str, Any]) -> Settings:
    """Return the settings of one tape: what `between` says wins over the files, the command line over all."""
    return config.stash[_LAYERS].settings(*between)


def early_settings(config: pytest.Config) -> Settings:
    """Return what is known before the first conftest is imported; nothing wrong is reported yet."""
    try:
        files = merged(_of_pyproject(config), _of_ini(config))
        return _Layers(files, _of_flags(config.known_args_namespace)).settings()
    except (ValueError, pytest.UsageError):
        return Settings()


def _dest(name: str) -> str:
    # Not `tape`: the namespace of options is shared by all plugins.
    return f"chunktape_{name}"


def _of_flags(options: argparse.Namespace) -> dict[str, Any]:
    written = {name: getattr(options, _dest(name), None) for name in FLAGS}
    return {
        name: SETTINGS[name].parse(value, FLAGS[name], Source())
        for name, value in written.items()
        if value is not None
    }


def _of_ini(config: pytest.Config) -> dict[str, Any]:
    where = None if config.inipath is None else from_here(config, under_root(config.inipath, config))
    source = Source("tape_", where, patterns=True)
    # Ours are known to pytest, so this holds what is misspelt. It has no public name.
    unknown: set[str] = getattr(config, "_get_unknown_ini_keys", set)()
    wrong = {name.removeprefix("tape_"): "" for name in sorted(unknown) if name.startswith("tape_")}
    return parse_settings({name: config.getini(f"tape_{name}") for name in SETTINGS} | wrong, source)


def _of_pyproject(config: pytest.Config) -> dict[str, Any]:
    """Return ``[tool.chunktape]`` of the nearest pyproject.toml from the root upwards."""
    root = config.rootpath
    path = next(
        (one for folder in (root, *root.parents) if (one := folder / "pyproject.toml").is_file()), None
    )
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}  # pytest says so where it needs the file itself
    if "chunktape" not in text:
        return {}
    import tomllib

    where = f"[tool.chunktape] in {from_here(config, under_root(path, config))}"
    try:
        table = tomllib.loads(text).get("tool", {}).get("chunktape", {})
    except tomllib.TOMLDecodeError as error:
        raise pytest.UsageError(f"{path} is no TOML: {error}") from None
    # Tables below it belong to other commands. A line that was moved from the ini file keeps its prefix.
    values = {name.removeprefix("tape_"): one for name, one in table.items() if not isinstance(one, dict)}
    return parse_settings(values, Source("", where, patterns=True))


def _check(settings: Settings, config: pytest.Config) -> None:
    """Refuse what means something alone, but not together."""
    if settings.record_mode == "expired" and settings.max_age is None:
        raise pytest.UsageError(
            "--tape=expired records again what is too old, and nothing says how old that is\n"
            '  way out: tape_max_age = 30d in the ini file, or max_age = "30d" below [tool.chunktape]'
        )
    if settings.over_age == "fail" and settings.max_age is None:
        raise pytest.UsageError(
            "over_age=fail fails tests whose recordings are too old, and nothing says how old that is\n"
            '  way out: tape_max_age = 30d in the ini file, or max_age = "30d" below [tool.chunktape]'
        )
    report = settings.report
    if report is not None and (config.invocation_params.dir / report).is_dir():
        raise pytest.UsageError(f"--tape-report={report} is a folder; name a file in it")
