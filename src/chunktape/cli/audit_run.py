"""One run of ``chunktape audit``, from its options to its reports and its exit code."""

from __future__ import annotations

import shlex
import signal
import sys
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any

from chunktape.audit.addition import Wanted, gathered
from chunktape.audit.cache import FOLDER
from chunktape.audit.printable import printable
from chunktape.audit.runner import Run
from chunktape.audit.settings import Settings
from chunktape.cli import exit_code
from chunktape.cli.terminal import is_live, open_console
from chunktape.errors import CassetteError, ConfigurationError, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from chunktape.audit.finding import Severity
    from chunktape.audit.host_profile import HostProfile
    from chunktape.audit.hygiene_setting import HygieneSetting
    from chunktape.audit.result import AuditResult

__all__ = ["run"]


def run(options: Mapping[str, Any]) -> int:
    """Audit what the options name, write the reports, and return the exit code."""
    paths: tuple[str, ...] = options["paths"]
    today = datetime.now().astimezone().date()
    baseline, slo = None, None
    if options["baseline"] is not None:
        from chunktape.audit.baseline import read_baseline

        baseline = read_baseline(options["baseline"], today=today)
    if options["slo"] is not None:
        from chunktape.audit.metric_summary import parse_slo

        slo = parse_slo(options["slo"])
    profiles, forced = _profiles(options["profiles"])
    wanted = _wanted(options)
    ids = _ids(options["rules"], wanted)
    if options["fix"]:
        _mend(paths)
    settings = Settings(None if options["rules"] is None else frozenset(ids), profiles, forced)
    cache = None if options["no_cache"] else Path(options["cache"] or FOLDER)
    with Run(paths, ids=ids, settings=settings, cache=cache, executor=options["executor"]) as audit:
        with _progress() as progress:
            try:
                with _stoppable(progress) as told:
                    audit.judge(told)
            except KeyboardInterrupt:
                sys.stderr.write(
                    "Stopped; what was judged is in the cache, and the next run goes on there.\n"
                )
                return exit_code.STOPPED
        addition = gathered(
            wanted,
            paths=paths,
            names=[one.path for one in audit.files],
            results=audit.results(baseline),
            ids=ids,
        )
        fail_on: Severity = "off" if options["fail_on"] == "never" else options["fail_on"]
        result = audit.result(
            slo=slo,
            baseline=baseline,
            addition=addition,
            fail_on=fail_on,
            strict=options["strict"],
            command=shlex.join(["chunktape", *sys.argv[1:]]),
        )
        _require_interactions(result)
        _report(result, options["forms"], options["output"])
        if options["write_baseline"] is not None:
            _accept(result, options)
    return result.exit_code


def _ids(text: str | None, wanted: Wanted) -> tuple[str, ...]:
    """Return the rules that are asked for, as far as somebody asked for what they look at."""
    from chunktape.audit.catalogue import catalogue
    from chunktape.audit.selection import selected

    # What a profile expects and nobody sees any more is told without any other recording.
    alone = {"DRF-S2", *(["DRF-X1"] if wanted.sdks else [])}
    idle = {"CAS"} if wanted.hygiene is None else set()
    if text is None and wanted == Wanted():
        return (*catalogue().judging, *alone)
    return tuple(
        one
        for one in selected(text, catalogue())
        if one.partition("-")[0] not in idle
        and (wanted.against is not None or not one.startswith("DRF") or one in alone)
    )


def _profiles(given: Sequence[str]) -> tuple[tuple[HostProfile, ...], HostProfile | None]:
    """Return the profiles of the files that were given, and the one that was forced."""
    from chunktape.audit.host_profile import COMPAT, STRICT, packaged, read_profiles

    files = [one for one in given if one.lower().endswith(".toml")]
    found = tuple(profile for file in files for profile in read_profiles(file))
    for profile in found:
        _require_rules(profile)
    known = {one.name: one for one in (STRICT, COMPAT, *packaged(), *found)}
    names = [one for one in given if one not in files]
    for name in names:
        if name not in known:
            raise ConfigurationError(
                f"There is no profile {shorten(repr(name))}{did_you_mean(name, known) or '.'} "
                f"Known are {', '.join(known)}; a file of your own ends in .toml."
            )
    if len(names) > 1:
        raise ConfigurationError(f"One profile for all hosts is enough: {', '.join(names)} are several.")
    return found, known[names[0]] if names else None


def _require_rules(profile: HostProfile) -> None:
    """Refuse a profile about rules that there are not: a misspelt one would say nothing."""
    from chunktape.audit.catalogue import catalogue

    rules = catalogue()
    for one in profile.habits:
        if one not in rules:
            raise ConfigurationError(
                f"The profile {shorten(profile.name)} is about {one}, which is no rule"
                f"{did_you_mean(one, rules)}\n  way out: chunktape audit --explain lists them"
            )


def _require_interactions(result: AuditResult) -> None:
    """Refuse to call an audit of nothing clean."""
    if result.interactions or result.unreadable:
        return
    files = "the only file" if result.cassettes == 1 else f"none of {result.cassettes:,} files"
    holds = "holds no interaction" if result.cassettes == 1 else "holds an interaction"
    raise ConfigurationError(
        f"Nothing to audit: {files} {holds}\n  way out: name the folder that holds the cassettes, or a file"
    )


def _wanted(options: Mapping[str, Any]) -> Wanted:
    hygiene: HygieneSetting | None = None
    if options["hygiene"]:
        from chunktape.audit.hygiene_setting import HygieneSetting

        hygiene = HygieneSetting.here()
    return Wanted(options["against"], options["content"], options["sdks"], options["timeline"], hygiene)


def _mend(paths: Sequence[str]) -> None:
    """Mend what can safely be mended, and say what was done; what cannot be read is told by the audit."""
    from chunktape.audit.discreet import discreet
    from chunktape.audit.file import files_of, read_file
    from chunktape.audit.hygiene_fix import fix
    from chunktape.tape.folder import is_something_else

    console = open_console(stderr=True)
    for file in files_of(paths):
        try:
            if not file.named and is_something_else(file.path, read_file(file.path)):
                continue
            done = fix(file.path, write=True)
        except CassetteError as error:
            console.out(printable(discreet(f"Not mended: {error}")))
            continue
        except OSError as error:
            console.out(printable(f"Not mended: {error.strerror}\n  where: {file.path}"))
            continue
        if done.written:
            changes = ", ".join(one.text for one in done.changes)
            console.out(printable(f"Mended {file.path}: {changes}"))


def _report(result: AuditResult, forms: Sequence[str], output: str | None) -> None:
    from chunktape.audit.report import write, write_files

    chosen = forms or ("text",)
    if output is None:
        try:
            write(result, chosen[0], sys.stdout)
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            with suppress(OSError):  # else Python tries it again at its end
                sys.stdout.close()
            raise ConfigurationError(f"Report not written: {error.strerror}") from error
        return
    try:
        files = write_files(result, output, forms=chosen)
    except OSError as error:
        raise ConfigurationError(f"Report not written: {error.strerror}\n  where: {output}") from error
    for file in files:
        sys.stdout.write(f"{file}\n")


def _accept(result: AuditResult, options: Mapping[str, Any]) -> None:
    """Write a baseline of the errors and warnings that are new."""
    from chunktape.audit.baseline import DAYS, baseline_text

    place = Path(options["write_baseline"])
    found = [
        one
        for each in result.results(metrics=False)
        for one in each.findings
        if one.cassette and one.severity != "info"
    ]
    text = baseline_text(
        found,
        folder=place.parent,
        reason=options["reason"],
        today=datetime.now().astimezone().date(),
        days=options["days"] or DAYS,
    )
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"Baseline not written: {error.strerror}\n  where: {place}") from error
    sys.stderr.write(f"{place}: {len(found)} findings are accepted from now on.\n")


@contextmanager
def _stoppable(progress: Callable[[int, int], None]) -> Iterator[Callable[[int, int], None]]:
    """Let the first Ctrl-C end the run between two results, and not in the midst of starting a worker."""
    stopped = False
    before: dict[signal.Signals, Any] = {}

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopped
        stopped = True
        restore()

    def restore() -> None:
        for one, known in before.items():
            signal.signal(one, known)

    def told(done: int, total: int) -> None:
        progress(done, total)
        if stopped:
            raise KeyboardInterrupt

    if current_thread() is main_thread():
        # Whoever runs jobs for others asks by SIGTERM.
        before = {one: signal.signal(one, stop) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        restore()


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show how far it is, on a terminal; elsewhere nothing moves."""
    console = open_console(stderr=True)
    if not is_live(console):
        yield lambda _done, _all: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("cassettes"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
