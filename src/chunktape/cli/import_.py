"""``chunktape import``: turns recordings of other tools into cassettes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chunktape.cli import exit_code
from chunktape.cli.option import force_option, format_option
from chunktape.cli.page import Page
from chunktape.cli.secret_option import secret_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chunktape.tape.form.reading import Recordings
    from chunktape.wire.message import Request

__all__ = ["command"]

# Of which forms each option says something; the others' recordings say it themselves, or need none.
_MEANT = {
    "--url": ("sse", "aimock"),
    "--model": ("sse", "aimock"),
    "--request": ("sse",),
    "--provider": ("aimock",),
}

NAMES = ("vcrpy", "ruby-vcr", "pydantic-ai", "cassetter", "reeltime", "har", "aimock", "sse")


@click.command(
    "import",
    cls=Page,
    short_help="Turn recordings of other tools into cassettes.",
    examples={
        "chunktape import recording.har -o tape.yaml": "one file into one cassette",
        "chunktape import recordings -o cassettes": "all of a folder, each where it stood",
        "chunktape import .tape/runs -o cassettes --dry-run": "say what would be written",
        "chunktape import a.sse -o a.yaml --url https://api.x.ai/v1/responses --model grok-4": "its answer",
        "chunktape import fixtures -o out --from aimock --model gpt-4o": "scripts, with an invented wire",
    },
    exit_codes={
        exit_code.FINE: "all sources were imported, or would be",
        exit_code.NO: "a file is there already, and was kept; the others were imported",
        exit_code.USAGE: "wrong usage",
        exit_code.UNREADABLE: "a source could not be read, or a cassette not written; the others were done",
    },
)
@click.argument("sources", metavar="SOURCE…", nargs=-1, required=True, type=click.Path())
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    metavar="FILE|FOLDER",
    required=True,
    help="The cassette, or the folder for them.",
)
@click.option(
    "--from", "source_form", type=click.Choice(NAMES), help="The form; without it the content tells."
)
@click.option("--url", metavar="URL", help="sse, aimock: where the request went.")
@click.option("--model", metavar="NAME", help="sse, aimock: the model that was asked.")
@click.option(
    "--request", "body", type=click.Path(), metavar="FILE", help="sse: the JSON body of the request."
)
@click.option(
    "--provider",
    type=click.Choice(["openai", "anthropic", "azure"]),
    default="openai",
    show_default=True,
    help="aimock: whose wire is invented.",
)
@force_option
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@secret_options
@format_option
@click.pass_context
def command(ctx: click.Context, /, sources: tuple[str, ...], **options: Any) -> None:
    """Turn recordings of other tools into cassettes.

    A SOURCE is a file, or a folder of them, which keeps its tree; what is hidden, and what is no recording,
    is left out of folders. Read are cassettes of vcrpy, pytest-recording, Ruby VCR, pydantic-ai and
    cassetter, traces of reeltime, HAR files (Polly.js, browsers, mitmproxy, chunktape export), bodies of
    event streams, and fixtures of aimock. Those are scripts: their wire is invented, and cassettes say so.

    Everything a tool has kept is kept: chunks, times, errors. What it did not keep stays unknown, and the
    table at the end says what that is. Secrets are taken out as when chunktape records, and the options of
    chunktape scrub add to that; one that would stay stops the write.
    """
    from chunktape.cli.import_write import Importing

    reader = _Reader(options)
    work = Importing(
        Path(options["output"]),
        options["redact"],
        force=options["force"],
        dry_run=options["dry_run"],
        read=reader.read,
    )
    code = work.run(sources)
    if options["form"] == "jsonl":
        click.echo(work.json_lines(), nl=False)
    else:
        work.show()
    ctx.exit(code)


class _Reader:
    """Reads one file as the options say."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._form = options["source_form"]
        self._url, self._model = options["url"], options["model"]
        self._provider = options["provider"]
        self._body = _body(options["body"], self._model)
        given = (self._url, self._model, options["body"], self._provider != "openai")
        self._given = [name for name, value in zip(_MEANT, given, strict=True) if value]
        if self._body is not None and options["body"] is not None and self._url is None:
            raise click.UsageError("--request needs --url: a request is known by where it goes, too.")
        if self._provider == "azure" and self._url is None:
            raise click.UsageError("--provider azure needs --url: each resource has an address of its own.")

    def read(self, path: Path, data: bytes) -> Recordings:
        """Return what a file holds, scripts and the requests of bare bodies as well."""
        from chunktape.tape.form.reading import read_recordings
        from chunktape.tape.form.recognition import form_of

        form = self._form or form_of(data, path.name)
        if form is not None:
            self._require_meant(form)
        if form == "aimock":
            from chunktape.cli.import_script import Asking, read_script

            return read_script(data, path.name, Asking(self._provider, self._url, self._model))
        found = read_recordings(path, data, form=form)
        request = self._request() if form == "sse" else None
        if request is None:
            return found
        from dataclasses import replace

        return found._replace(interactions=tuple(replace(one, request=request) for one in found.interactions))

    def _require_meant(self, form: str) -> None:
        """Refuse options that would change nothing."""
        from chunktape.errors import CassetteError

        for option in self._given:
            if form not in _MEANT[option]:
                raise CassetteError(
                    f"Not imported: {option} is for {' and '.join(_MEANT[option])}, and this is {form}\n"
                    f"  way out: import it without {option}"
                )
        if form == "sse" and self._model is not None and self._url is None:
            raise CassetteError(
                "Not imported: --model without --url: a request is known by where it goes, too\n"
                "  way out: --url says where it went"
            )

    def _request(self) -> Request | None:
        from chunktape.wire.message import Request

        if self._url is None:
            return None
        headers = (("content-type", "application/json"),) if self._body else ()
        return Request("POST", self._url, headers, self._body or b"")


def _body(path: str | None, model: str | None) -> bytes | None:
    """Return the body of a request: that of a file, or the least that names a model."""
    if path is None:
        return None if model is None else json.dumps({"model": model, "stream": True}).encode()
    if model is not None:
        raise click.UsageError("--model and --request say the same: name one of them.")
    try:
        data = Path(path).read_bytes()
        json.loads(data)
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or "it is no JSON"
        raise click.UsageError(f"--request {path} cannot be read: {why}.") from error
    return data
