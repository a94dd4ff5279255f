"""`TapeSnapshot`: a call response, a stream or a whole tape as readable text, over syrupy.

Snapshots of a test stand beside those of syrupy, in ``__snapshots__/<module>.tape``. What the text
says is decided in `calls.transcript` and `calls.transcript_text`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.amber import AmberSnapshotExtension

from chunktape.calls.transcript import transcripts_of
from chunktape.calls.transcript_text import transcript_text
from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from syrupy.types import SerializableData

__all__ = ["ExactTapeSnapshotExtension", "TapeSnapshot", "TapeSnapshotExtension", "snapshot_over"]


class TapeSnapshotExtension(AmberSnapshotExtension):
    """What changes from one recording to the next of an equal answer is left out."""

    # Not syrupy's own: both may be used in one test, under the same name.
    file_extension = "tape"
    exact: ClassVar[bool] = False

    def serialize(self, data: SerializableData, *, exclude: Any = None, include: Any = None, **_: Any) -> str:
        """Return the text of what is asserted; raises `ConfigurationError` for what has none."""
        if exclude is not None or include is not None:
            raise ConfigurationError(
                "tape_snapshot takes no `exclude` and no `include`: its text has no properties\n"
                "  what changes with each recording is masked already; tape_snapshot(exact=True) shows it"
            )
        return transcript_text(transcripts_of(data), exact=self.exact)


class ExactTapeSnapshotExtension(TapeSnapshotExtension):
    """Nothing is left out: ids, times, fingerprints."""

    exact: ClassVar[bool] = True


class TapeSnapshot(SnapshotAssertion):
    """Compares with ``==``; `tape_snapshot(exact=True)` shows what is masked otherwise, for one assertion."""

    def __call__(self, *, exact: bool = False, **options: Any) -> Self:
        """Return this assertion with options that hold for the next comparison; the rest are syrupy's."""
        if exact:
            options["extension_class"] = ExactTapeSnapshotExtension
        super().__call__(**options)
        return self


def snapshot_over(snapshot: SnapshotAssertion) -> TapeSnapshot:
    """Return the snapshot of the test for which syrupy made this one."""
    known = {"session", "test_location", "update_snapshots", "update_new_snapshots_only"}
    shared = {name: getattr(snapshot, name) for name in known if hasattr(snapshot, name)}
    return TapeSnapshot(extension_class=TapeSnapshotExtension, **shared)
