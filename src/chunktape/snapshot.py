"""`TapeSnapshot`: a call response, a stream or a whole tape as readable text, over syrupy.

Snapshots of a test stand beside those of syrupy, in ``__snapshots__/<module>.tape``. What the text
says is decided in `calls.transcript` and `calls.transcript_text`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.amber import AmberSnapshotExtension

from chunktape.calls.transcript import require_transcript, transcripts_of
from chunktape.calls.transcript_text import transcript_text
from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from syrupy.types import SerializableData

__all__ = ["ExactTapeSnapshotExtension", "TapeSnapshot", "TapeSnapshotExtension", "snapshot_over"]

_NOT_YET = ("exclude", "include", "matcher")


class TapeSnapshotExtension(AmberSnapshotExtension):
    """What changes from one recording to the next of an equal answer is masked."""

    # Not syrupy's own: both may be used in one test, under the same name. The older syrupy knows the
    # word with the underscore.
    file_extension = "tape"
    _file_extension = "tape"
    exact: ClassVar[bool] = False

    def serialize(self, data: SerializableData, **_: Any) -> str:
        """Return the text of what is asserted; raises `ConfigurationError` for what has none."""
        return transcript_text(transcripts_of(data), exact=self.exact)


class ExactTapeSnapshotExtension(TapeSnapshotExtension):
    """Nothing is masked: ids, times, fingerprints."""

    exact: ClassVar[bool] = True


class TapeSnapshot(SnapshotAssertion):
    """Compares with ``==``; `tape_snapshot(exact=True)` shows what is masked otherwise, for one assertion."""

    def __eq__(self, other: object) -> bool:
        # Here, because syrupy would bury the error in a traceback of its own.
        require_transcript(other)
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # as in syrupy's

    def __call__(self, *, exact: bool = False, **options: Any) -> Self:
        """Return this assertion with options that hold for the next comparison.

        Beside `exact` it takes syrupy's own, such as `name`; of those only what filters properties, of
        which this text has none, raises `ConfigurationError`.
        """
        _refuse(options)
        if exact:
            options["extension_class"] = ExactTapeSnapshotExtension
        super().__call__(**options)
        return self

    def with_defaults(self, **options: Any) -> Self:
        """Return another assertion, which counts for itself, with options that hold for its comparisons."""
        _refuse(options)
        return super().with_defaults(**options)  # type: ignore[return-value]  # it makes one of its own class


def snapshot_over(snapshot: Any) -> TapeSnapshot:
    """Return the snapshot of the test for which syrupy made this one.

    Raises `ConfigurationError` where the fixture `snapshot` is another tool's.
    """
    if not isinstance(snapshot, SnapshotAssertion):
        kind = type(snapshot)
        raise ConfigurationError(
            "tape_snapshot stands on syrupy's fixture `snapshot`, and that name is taken here\n"
            f"  it gives a {kind.__module__}.{kind.__qualname__}\n"
            "  give the other fixture another name, or switch its plugin off: pytest -p no:<plugin>"
        )
    known = {"session", "test_location", "update_snapshots", "update_new_snapshots_only"}
    shared = {name: getattr(snapshot, name) for name in known if hasattr(snapshot, name)}
    return TapeSnapshot(extension_class=TapeSnapshotExtension, **shared)


def _refuse(options: dict[str, Any]) -> None:
    for name in _NOT_YET:
        if options.get(name) is not None:
            raise ConfigurationError(
                f"tape_snapshot takes no `{name}`: its text has no properties to choose from\n"
                "  what changes with each recording is masked already; tape_snapshot(exact=True) shows it"
            )
