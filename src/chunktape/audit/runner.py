"""`audit`: cassettes in, an `AuditResult` out; where they are judged is the workplace's business.

Two steps. Every file that the cache does not know is judged, in any order and anywhere, and its result
goes to the cache. Then all results are read from there in the order of their names and counted, so the
outcome is the same bytes wherever they were judged.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Self

from chunktape.audit.addition import Addition
from chunktape.audit.cache import Cache, content_of
from chunktape.audit.catalogue import catalogue
from chunktape.audit.crew import Crew
from chunktape.audit.executor import workplace
from chunktape.audit.file import blocks_of, files_of, read_file
from chunktape.audit.host_profile import packaged
from chunktape.audit.result import AuditResult, CassetteResult, Provenance
from chunktape.audit.result_reading import Reading
from chunktape.audit.result_text import decoded
from chunktape.audit.settings import Settings
from chunktape.audit.tally import Tally
from chunktape.audit.task import Task, judge_files, unread_content
from chunktape.audit.version import installed, rule_set
from chunktape.tape.limit import SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from chunktape.audit.baseline import Baseline
    from chunktape.audit.file import File
    from chunktape.audit.finding import Severity
    from chunktape.audit.metric_summary import Slo

__all__ = ["Run"]

_BATCH_FILES, _BATCH_BYTES = 16, 2 << 20
_FLUSH_SECONDS = 1.0
_MANY = 200
"""From so many files on that the cache does not know, starting processes pays."""

_SDKS = ("openai", "anthropic", "azure-ai-inference")


class Run:
    """One audit: `judge` looks at what the cache does not know, `result` counts all of it.

    `ids` are the rules that are told of, all where none are given, and `settings` say which are looked at.
    Results lie in the cache, a temporary one where no folder is given, so `AuditResult.results` can be read
    until the run is closed.
    """

    def __init__(
        self,
        paths: Sequence[str],
        *,
        ids: tuple[str, ...] | None = None,
        settings: Settings = Settings(),  # noqa: B008 a tuple
        cache: Path | None = None,
        executor: str | None = None,
    ) -> None:
        self.files = files_of(paths)
        self._folder = os.getcwd()  # noqa: PTH109 a text
        self._ids = (*catalogue().judging, "DRF-S2") if ids is None else ids
        self._settings = settings
        self._executor = None if executor is None else workplace(executor)
        self._rule_set = rule_set()
        self._cache = Cache(cache, judged_by=repr((self._rule_set, *_plain(settings))))
        self._keys: dict[str, bytes] = {}
        # What somebody named is a cassette, and what was found below a folder need not be one.
        self._named = {one.path for one in self.files if one.named}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._cache.close()

    def judge(self, progress: Callable[[int, int], None] = lambda _done, _all: None) -> int:
        """Judge every file that the cache does not know, and return how many those were.

        `progress` is told how many of all files are done. Whatever ends it, what was judged is kept.
        """
        rest = self._known()
        done, total = len(self.files) - len(rest), len(self.files)
        progress(done, total)
        if not rest:
            return 0
        place = self._executor or workplace("processes" if len(rest) >= _MANY else "serial")
        at = monotonic()
        try:
            for one in Crew(place).outcomes(self._tasks(rest)):
                content = one.content or unread_content(one.path)
                self._keys[one.path] = key = self._key(one.path, content)
                self._cache.put(key, one.text)
                if one.content is not None and one.stamp is not None:
                    self._cache.note(self._absolute(one.path), one.stamp, one.content)
                done += 1
                progress(done, total)
                if monotonic() - at > _FLUSH_SECONDS:
                    self._cache.flush()
                    at = monotonic()
        finally:
            self._cache.flush()
        return len(rest)

    def result(
        self,
        *,
        slo: Slo | None = None,
        baseline: Baseline | None = None,
        addition: Addition | None = None,
        fail_on: Severity = "error",
        strict: bool = False,
        command: str = "",
    ) -> AuditResult:
        """Return the audit of all files, counted; to be asked for after `judge`."""
        addition = addition or Addition()
        reading = Reading(self._results, baseline, addition)
        tally = self._tally(slo) if baseline is None and addition == Addition() else Tally(slo)
        if not tally.cassettes:
            tally.add(CassetteResult("", passed=addition.passed))
            for one in reading():
                tally.add(one)
                if baseline is not None and one.cassette:
                    baseline.see(one.cassette)
        if "DRF-S2" in self._ids:
            profiles = {one.name: one for one in (*packaged(), *self._settings.profiles)}
            gone = reading.close_with(tally.gone(profiles.values()))
            tally.add(gone)
        failed = fail_on != "off" and tally.least(fail_on) > 0
        code = 4 if tally.unreadable else 1 if failed else 3 if strict and tally.unchecked else 0
        return AuditResult(
            provenance=self._provenance(command),
            cassettes=tally.cassettes,
            interactions=tally.interactions,
            streams=tally.streams,
            rules=tally.rules(self._ids),
            severities=dict(tally.worst.seen),
            broken=dict(tally.broken),
            judged=dict(tally.judged),
            unchecked=tally.unchecked,
            unreadable=tally.unreadable,
            accepted=tally.accepted,
            expired=() if baseline is None else baseline.expired,
            unused=() if baseline is None else baseline.unused,
            summaries=tuple(tally.summaries.summaries()),
            slo=slo,
            goodput=tally.goodput(),
            usd=tally.usd if tally.priced else None,
            usd_again=tally.usd_again if tally.priced else None,
            priced=tally.priced,
            fail_on=fail_on,
            strict=strict,
            exit_code=code,
            read=reading,
            sections=addition.sections,
            worst=tally.worst,
        )

    def results(self, baseline: Baseline | None = None) -> Iterator[CassetteResult]:
        """Yield what the rules say of each file, without what the baseline accepts; after `judge`."""
        return Reading(self._results, baseline, Addition())()

    def _known(self) -> list[File]:
        """Take what the cache knows, and return the other files."""
        places = {self._absolute(one.path): one for one in self.files}
        stamps = ((place, one.stamp) for place, one in places.items() if one.stamp is not None)
        contents = {places[place].path: content for place, content in self._cache.seen(stamps)}
        self._take(contents)
        if not self._cache.is_empty:
            # A checkout writes all files anew, and a copy has the name of none.
            self._take({one.path: self._content(one) for one in self.files if one.path not in self._keys})
        return [one for one in self.files if one.path not in self._keys]

    def _take(self, contents: Mapping[str, bytes | None]) -> None:
        """Note where the results of some files lie, as far as there are any."""
        keys = {path: self._key(path, one) for path, one in contents.items() if one is not None}
        has = self._cache.has(list(set(keys.values())))
        self._keys |= {path: key for path, key in keys.items() if key in has}

    def _key(self, path: str, content: bytes) -> bytes:
        return self._cache.key(content + (b"named" if path in self._named else b""))

    def _content(self, one: File) -> bytes | None:
        if one.stamp is None or one.stamp.size > SIZE:
            return None
        place = self._absolute(one.path)
        try:
            content = content_of(read_file(place), one.path)
        except OSError:
            return None
        self._cache.note(place, one.stamp, content)
        return content

    def _tasks(self, files: Iterable[File]) -> Iterator[Task]:
        batch: list[File] = []
        size = 0
        for one in files:
            batch.append(one)
            size += 0 if one.stamp is None else one.stamp.size
            if len(batch) >= _BATCH_FILES or size >= _BATCH_BYTES:
                yield self._task(batch)
                batch, size = [], 0
        if batch:
            yield self._task(batch)

    def _task(self, batch: Sequence[File]) -> Task:
        named = frozenset(one.path for one in batch if one.named)
        return Task(tuple(one.path for one in batch), named, self._folder, self._settings, self._rule_set)

    def _absolute(self, path: str) -> str:
        return os.path.join(self._folder, path)  # noqa: PTH118 a text, for each of many files

    def _tally(self, slo: Slo | None, *, trusting: bool = True) -> Tally:
        """Return the count of all files, in blocks, of which the cache knows those that did not change."""
        blocks = list(blocks_of(self.files))
        keys = [self._cache.key(self._block_key(block, slo)) for block in blocks]
        known = list(self._cache.texts(keys)) if trusting else [None] * len(blocks)
        tally = Tally(slo)
        for block, key, text in zip(blocks, keys, known, strict=True):
            try:
                # New ones go through their text, too, so that sums are the same the next time.
                tally.merge(json.loads(text or self._counted(block, key, slo)))
            except (ValueError, TypeError, LookupError, AttributeError):
                # Somebody wrote into the cache, and a part of it may have been added already.
                return self._tally(slo, trusting=False)
        self._cache.flush()
        return tally

    def _counted(self, block: Sequence[File], key: bytes, slo: Slo | None) -> str:
        """Return the count of a block as text, and keep it."""
        tally = Tally(slo)
        for one in self._results(block, metrics=True):
            tally.add(one)
        text = json.dumps(tally.state())
        self._cache.put(key, text)
        return text

    def _block_key(self, block: Sequence[File], slo: Slo | None) -> bytes:
        names = "\0".join(one.path for one in block).encode("utf-8", "surrogatepass")
        keys = b"".join(self._keys[one.path] for one in block)
        return hashlib.sha256(repr((slo, sys.byteorder)).encode() + names + b"\0\0" + keys).digest()

    def _results(self, files: Sequence[File] | None = None, *, metrics: bool) -> Iterator[CassetteResult]:
        """Yield what the rules say of each file, in order."""
        files = self.files if files is None else files
        texts = self._cache.texts(self._keys[one.path] for one in files)
        for one, text in zip(files, texts, strict=True):
            try:
                yield decoded(text or "", one.path, metrics=metrics)
            except ValueError:
                # Somebody emptied the cache, or wrote into it.
                (again,) = judge_files(self._task([one]))
                yield decoded(again.text, one.path, metrics=metrics)

    def _provenance(self, command: str) -> Provenance:
        sdks = {name: found for name in _SDKS if (found := installed(name)) is not None}
        return Provenance(
            command,
            datetime.now(UTC).isoformat(timespec="seconds"),
            installed("chunktape") or "",
            self._rule_set,
            f"genai-prices {installed('genai-prices') or 'not installed'}",
            sdks,
        )


def _plain(settings: Settings) -> tuple[object, ...]:
    """Return settings as what is written the same way in every process; sets are not."""
    rules = None if settings.rules is None else sorted(settings.rules)
    return rules, settings.profiles, settings.forced, settings.most_bytes
