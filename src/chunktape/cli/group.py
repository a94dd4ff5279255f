"""The root of the command line: which commands there are, and what their errors look like."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from errno import EDQUOT, EFBIG, EIO, ENOSPC
from importlib import import_module
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

import click
from click.exceptions import Exit

from chunktape.cli import exit_code
from chunktape.errors import CassetteError, ChunktapeError, ConfigurationError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TextIO

__all__ = ["COMMANDS", "Commands", "root"]

# Here and not in the modules, so that the list is printed without importing one of them.
COMMANDS = {
    "audit": "Say which promises providers broke, how fast they were, what moved.",
    "ci": "Write GitHub Actions workflows that replay and re-record tests.",
    "demo": "Record three SDKs from a scripted provider, and replay it offline.",
    "diff": "Say what changed between two recordings of the same requests.",
    "export": "Write cassettes as Markdown, HAR, bare streams, or plain vcrpy.",
    "import": "Turn recordings of other tools into cassettes.",
    "ls": "List recordings, with what they cost.",
    "record": "Run a command in any language, and record what it asks.",
    "refresh": "Send recorded requests again, and keep what succeeded.",
    "scrub": "Take secrets out of cassettes, after showing what that replaces.",
    "serve": "Serve cassettes over HTTP, to clients in any language.",
    "show": "Show what cassettes hold: requests, streams, times, endings.",
}


class Commands(click.Group):
    """Commands that are imported when they are asked for: the module's name is the command's."""

    def __init__(self, *args: Any, table: Mapping[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        self._table = table

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names, in the order of the table."""
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; a misspelt one is a usage error that names the closest."""
        if cmd_name not in self._table:
            if ctx.resilient_parsing:  # a shell asks what could come next
                return None
            known = ", ".join(self._table)
            ctx.fail(
                f"There is no command {cmd_name!r}{did_you_mean(cmd_name, self._table)}\n  commands: {known}"
            )
        # `import` is a word of Python's own, and no name for a module.
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = import_module(f"{__package__}.{module}").command
        return command

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Return the context; ``help show`` means ``show --help``, as elsewhere."""
        if args[:1] == ["help"]:
            args = [*args[1:], "--help"]
        with _until_closed():
            return super().make_context(info_name, args, parent, **extra)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """Write the table."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._table.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; our errors become a message and an exit code."""
        try:
            with _until_closed():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            # Click's own answer is 1, which is that of a finding.
            click.echo("Stopped.", err=True)
            ctx.exit(exit_code.STOPPED)
        except ConfigurationError as error:
            raise _Failure(str(error), exit_code.USAGE) from error
        except CassetteError as error:
            raise _Failure(str(error), exit_code.UNREADABLE) from error
        except ChunktapeError as error:
            raise _Failure(str(error), exit_code.NO) from error


@contextmanager
def _until_closed() -> Iterator[None]:
    """End quietly where nobody reads what is written; click's own answer is 1, which is that of a finding."""
    try:
        try:
            yield
        finally:
            # Else the interpreter would find out at its end what is wrong with it, and say so.
            if not sys.stdout.closed:
                sys.stdout.flush()
    except BrokenPipeError:
        _let_go(sys.stdout)
        _let_go(sys.stderr)
        raise Exit(exit_code.CLOSED) from None
    except OSError as error:
        if error.errno not in {ENOSPC, EDQUOT, EFBIG, EIO} or error.filename is not None:
            raise
        _let_go(sys.stdout)
        message = f"Not written: {error.strerror}\n  where: standard output"
        raise _Failure(message, exit_code.UNREADABLE) from error


def _let_go(stream: TextIO) -> None:
    """Close a stream that takes nothing more; one that does stays open."""
    with suppress(OSError):
        if not stream.closed:
            stream.flush()
        return
    with suppress(OSError):
        stream.close()


class _Failure(click.ClickException):
    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc] # click's own subclasses set it like this

    def show(self, file: Any = None) -> None:  # noqa: ARG002 - click's signature
        """Say it as all other complaints are said."""
        from chunktape.cli.terminal import complain, open_console

        complain(open_console(stderr=True), "Error", self.message, "red")


@click.group(
    cls=Commands,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every command explains itself: chunktape help COMMAND",
)
@click.version_option(package_name="chunktape", message="%(prog)s %(version)s")
def root() -> None:
    """Record the byte stream of an LLM provider once, and play it back forever."""
