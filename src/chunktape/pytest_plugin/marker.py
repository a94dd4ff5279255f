"""What the markers of a test say: ours, and those of other tools that a suite wants read as ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from chunktape.pytest_plugin.option import settings_of
from chunktape.pytest_plugin.place import from_here
from chunktape.pytest_plugin.setting import SETTINGS, Source, merged, parse_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

__all__ = [
    "ARGUMENTS",
    "FAULT",
    "NAME",
    "SIGNATURE",
    "Asked",
    "asked_by_markers",
    "foreign_config",
    "has_marker",
    "register",
    "replaced_fixtures",
]

NAME = "tape"
FAULT = "tape_fault"
ARGUMENTS = tuple(name for name, one in SETTINGS.items() if one.of_tape)
SIGNATURE = f"{NAME}(name=None, *, {', '.join(f'{name}=None' for name in ARGUMENTS)})"

# What pytest-recording and vcrpy call it, and what we do.
_SAME = {
    "record_mode": "record_mode",
    "match_on": "match_on",
    "ignore_hosts": "ignore_hosts",
    "allow_playback_repeats": "repeats",
}
# What needs no word here: redaction has it by default, or it changes how they work, not what is played.
_NEEDLESS = frozenset(
    {
        *("filter_headers", "decode_compressed_response", "path_transformer", "serializer"),
        *("drop_unused_requests", "allowed_hosts", "inject_cassette", "record_on_exception"),
    }
)
# Needless for the names that redaction knows.
_BY_NAME = ("filter_query_parameters", "filter_post_data_parameters")
_LOCALHOST = ("localhost", "127.0.0.1", "0.0.0.0", "::1")  # noqa: S104 - nobody listens there, vcrpy lets it pass


class Asked(NamedTuple):
    """What somebody asks for one tape: its name, if any, and settings."""

    name: str | None
    settings: dict[str, Any]


def register(config: pytest.Config) -> None:
    """Make our marker known to pytest, and those of other tools that may not be installed any more."""
    config.addinivalue_line(
        "markers",
        f"{SIGNATURE}: play the provider streams of this test from cassettes/<module>/<test>.yaml beside "
        "it, or record them (see --tape).",
    )
    config.addinivalue_line(
        "markers",
        f"{FAULT}(*faults, interaction=None): play the recording of this test with faults, such as "
        '"cut@60%", or "every_cut": once for each boundary of its events.',
    )
    known = {line.partition(":")[0].partition("(")[0].strip() for line in config.getini("markers")}
    for name in settings_of(config).markers:
        if name not in known:
            config.addinivalue_line("markers", f"{name}: read as {NAME}, because tape_markers says so.")
            if name == "vcr" and "default_cassette" not in known:
                config.addinivalue_line("markers", "default_cassette(name): names the cassette of a test.")


def has_marker(item: pytest.Item) -> bool:
    """Return whether a test is marked to have a tape."""
    return any(item.get_closest_marker(name) for name in (NAME, FAULT, *settings_of(item.config).markers))


def replaced_fixtures(item: pytest.Item) -> tuple[str, ...]:
    """Return the fixtures of another tool that would record a test as well, which is read as ours."""
    if "vcr" not in settings_of(item.config).markers or item.get_closest_marker("vcr") is None:
        return ()
    known = getattr(item, "_fixtureinfo", None)
    definitions = getattr(known, "name2fixturedefs", {}).get("vcr", ())
    theirs = any(one.func.__module__.startswith("pytest_recording") for one in definitions)
    return ("vcr",) if theirs and "vcr" not in getattr(known, "argnames", ()) else ()


def foreign_config(item: pytest.Item, config: object) -> dict[str, Any]:
    """Return what another tool's fixture, such as `vcr_config`, says, in our words."""
    if not isinstance(config, dict):
        return {}
    return _translated(item, "vcr_config", (), config).settings


def asked_by_markers(item: pytest.Item) -> Asked:
    """Return what the markers of a test, its class and its module say; the closest one wins."""
    name: str | None = None
    settings: dict[str, Any] = {}
    foreign = settings_of(item.config).markers
    for marker in reversed([one for one in item.iter_markers() if one.name in {NAME, *foreign}]):
        if marker.name == NAME:
            asked = _ours(item, marker.args, marker.kwargs)
        else:
            asked = _translated(item, f"@pytest.mark.{marker.name}", marker.args, marker.kwargs)
        name = name if asked.name is None else asked.name
        settings = merged(settings, asked.settings)
    return Asked(name, settings)


def _ours(item: pytest.Item, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Asked:
    from chunktape.errors import ConfigurationError, did_you_mean, shorten

    words = ("name", *ARGUMENTS)
    wrong = [f"{word!r}{did_you_mean(word, words)}" for word in kwargs if word not in words]
    wrong += [f"a second argument {shorten(repr(value))}" for value in args[1:]]
    wrong += ["two names"] if args and "name" in kwargs else []
    if wrong:
        raise ConfigurationError(
            f"@pytest.mark.{NAME} does not take {wrong[0]}\n"
            f"  where: {from_here(item.config, item.nodeid)}\n  it takes: {SIGNATURE}"
        )
    settings = dict(kwargs)
    name = settings.pop("name", None) if not args else args[0]
    return Asked(name, parse_settings(settings, Source(), of_tape=True))


def _translated(item: pytest.Item, said: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Asked:
    from chunktape.errors import ConfigurationError, shorten

    known = {*_SAME, *_NEEDLESS, *_BY_NAME, "ignore_localhost"}
    wrong = [f"{word}=" for word in kwargs if word not in known and not _is_bridge(word, kwargs[word])]
    wrong += [f"{word}={name!r}" for word in _BY_NAME for name in _not_secret(kwargs.get(word))]
    wrong += [shorten(repr(value)) for value in args]
    if wrong:
        raise ConfigurationError(
            f"{said} says {wrong[0]}, which has no counterpart here\n"
            f"  where: {from_here(item.config, item.nodeid)}\n"
            f"  understood: {', '.join((*_SAME, 'ignore_localhost'))}; "
            f"not needed: {', '.join(sorted(_NEEDLESS))}\n"
            f"  way out: mark it @pytest.mark.{SIGNATURE}"
        )
    settings = {_SAME[word]: value for word, value in kwargs.items() if word in _SAME}
    if kwargs.get("ignore_localhost"):
        settings["ignore_hosts"] = [*settings.get("ignore_hosts", ()), *_LOCALHOST]
    return Asked(None, parse_settings(settings, Source(), of_tape=True))


def _is_bridge(word: str, value: Any) -> bool:
    """Return whether this is what `chunktape.vcrpy` adds, which a tape has no need of."""
    return word == "custom_patches" and all(
        str(getattr(one[-1], "__module__", "")).startswith("chunktape.") for one in value or ()
    )


def _not_secret(names: Any) -> list[str]:
    """Return the names of parameters that they would filter and our redaction does not know."""
    from chunktape.tape.secret_field import is_secret_parameter

    found = [one if isinstance(one, str) else one[0] for one in names or ()]
    return [one for one in found if not is_secret_parameter(one)]
