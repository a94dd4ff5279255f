"""The forms in which an audit can be had, by name, each with the name of its file."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeAlias

from chunktape.audit.catalogue import catalogue
from chunktape.errors import ConfigurationError, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from chunktape.audit.catalogue import RuleText
    from chunktape.audit.result import AuditResult

__all__ = ["FORMATS", "Form", "write", "write_files"]

Write: TypeAlias = "Callable[[AuditResult, Mapping[str, RuleText], TextIO], None]"
Pieces: TypeAlias = "Callable[[AuditResult, Mapping[str, RuleText]], Iterator[str]]"


@dataclass(frozen=True, slots=True)
class Form:
    """One form: the name of its file in a folder, and what writes it."""

    file: str
    write: Write


def _of_pieces(module: str, name: str) -> Write:
    def write(result: AuditResult, rules: Mapping[str, RuleText], stream: TextIO) -> None:
        pieces: Pieces = getattr(import_module(f"{__package__}.{module}"), name)
        stream.writelines(pieces(result, rules))

    return write


def _show(result: AuditResult, rules: Mapping[str, RuleText], stream: TextIO) -> None:
    from chunktape.audit.console import console_on
    from chunktape.audit.report.terminal import show

    show(result, console_on(stream), rules)


def _page(result: AuditResult, rules: Mapping[str, RuleText], stream: TextIO) -> None:  # noqa: ARG001 it asks the catalogue
    from chunktape.audit.report.html import write_html
    from chunktape.audit.trace import file_traces

    write_html(result, stream, traces=file_traces())


FORMATS: dict[str, Form] = {
    "text": Form("audit.txt", _show),
    "jsonl": Form("audit.jsonl", _of_pieces("record", "lines")),
    "junit": Form("junit.xml", _of_pieces("junit", "xml")),
    "sarif": Form("audit.sarif", _of_pieces("sarif", "document")),
    "github": Form("annotations.txt", _of_pieces("github", "commands")),
    "markdown": Form("audit.md", _of_pieces("markdown", "summary")),
    "html": Form("audit.html", _page),
}


def write(
    result: AuditResult, form: str, stream: TextIO, *, rules: Mapping[str, RuleText] | None = None
) -> None:
    """Write an audit in one form; `rules` are those of the catalogue where none are given."""
    _form(form).write(result, catalogue() if rules is None else rules, stream)


def write_files(
    result: AuditResult,
    folder: Path | str,
    *,
    forms: Iterable[str],
    rules: Mapping[str, RuleText] | None = None,
) -> list[Path]:
    """Write an audit in several forms into a folder, which is made, and return their files."""
    chosen = [_form(name) for name in dict.fromkeys(forms)]
    rules = catalogue() if rules is None else rules
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for form in chosen:
        with (folder / form.file).open("w", encoding="utf-8", newline="\n") as stream:
            form.write(result, rules, stream)
    return [folder / form.file for form in chosen]


def _form(name: str) -> Form:
    if name in FORMATS:
        return FORMATS[name]
    raise ConfigurationError(
        f"There is no format {shorten(name)!r}{did_you_mean(name, FORMATS) or '.'} "
        f"Known are {', '.join(FORMATS)}."
    )
