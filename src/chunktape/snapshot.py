"""`TapeSnapshot`: a call response, a stream or a whole tape as readable text, over syrupy.

Snapshots of a test stand beside those of syrupy, in ``__snapshots__/<module>.tape``. What the text
says is decided in `calls.transcript` and `calls.transcript_text`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.amber import AmberSnapshotExtension

from chunktape.calls.transcript import require_transcript, transcripts_of
from chunktape.calls.transcript_choice import Choice
from chunktape.calls.transcript_text import transcript_text
from chunktape.errors import ConfigurationError

if TYPE_CHECKING:
    from syrupy.types import SerializableData, SerializedData

__all__ = ["ExactTapeSnapshotExtension", "TapeSnapshot", "TapeSnapshotExtension", "snapshot_over"]

_FUNCTIONS = ("exclude", "include", "matcher")


class TapeSnapshotExtension(AmberSnapshotExtension):
    """What changes from one recording to the next of an equal answer is masked."""

    # Not syrupy's own: both may be used in one test, under the same name. The older syrupy knows the
    # word with the underscore.
    file_extension = "tape"
    _file_extension = "tape"
    exact: ClassVar[bool] = False

    def serialize(
        self, data: SerializableData, *, events: bool = False, chunks: bool = False, **options: Any
    ) -> str:
        """Return the text of what is asserted; raises `ConfigurationError` for what has none.

        It takes syrupy's `exclude`, `include` and `matcher`; `wanted` are the names of those of them
        that have to find something.
        """
        known = {name: options[name] for name in (*_FUNCTIONS, "wanted") if options.get(name) is not None}
        choice = Choice(**known) if known else None
        return transcript_text(
            transcripts_of(data), exact=self.exact, choice=choice, events=events, chunks=chunks
        )


class ExactTapeSnapshotExtension(TapeSnapshotExtension):
    """Nothing is masked: ids, times, fingerprints."""

    exact: ClassVar[bool] = True


class _Extent(NamedTuple):
    """How much is told beside the answer."""

    events: bool = False
    chunks: bool = False


class TapeSnapshot(SnapshotAssertion):
    """Compares with ``==``; called with options it holds to them for one assertion."""

    _default_extent: _Extent = _Extent()
    _extent: _Extent = _Extent()
    _refused: ConfigurationError | None = None

    def __eq__(self, other: object) -> bool:
        # Raised here, because syrupy would bury the errors in a traceback of its own.
        if isinstance(self.extension, TapeSnapshotExtension):
            require_transcript(other)
        self._refused = None
        equal = super().__eq__(other)
        if self._refused is not None:
            raise self._refused
        return equal

    __hash__ = None  # type: ignore[assignment]  # as in syrupy's

    def __call__(
        self,
        *,
        exact: bool | None = None,
        events: bool | None = None,
        chunks: bool | None = None,
        **options: Any,
    ) -> Self:
        """Return this assertion with options that hold for the next comparison.

        `exact` masks nothing, `events` tells the sequence of events, `chunks` the sizes of the chunks.
        The others are syrupy's own. One of `exclude`, `include` and `matcher` that finds nothing raises
        `ConfigurationError`.
        """
        super().__call__(**_by_extension(exact, options))
        self._extent = _extent(self._default_extent, events, chunks)
        return self

    def with_defaults(
        self,
        *,
        exact: bool | None = None,
        events: bool | None = None,
        chunks: bool | None = None,
        **options: Any,
    ) -> Self:
        """Return another assertion, which counts for itself, with options that hold for its comparisons.

        What they find nothing for, they leave as it is: one answer calls tools, another does not.
        """
        made: Self = super().with_defaults(**_by_extension(exact, options))  # type: ignore[assignment]  # its own class
        made._default_extent = made._extent = _extent(self._default_extent, events, chunks)
        return made

    def _serialize(self, data: SerializableData) -> SerializedData:
        extension = self.extension
        if not isinstance(extension, TapeSnapshotExtension):
            return super()._serialize(data)
        chosen = {name: getattr(self, f"_{name}") for name in _FUNCTIONS}
        wanted = frozenset(name for name in _FUNCTIONS if chosen[name] is not getattr(self, name))
        try:
            return extension.serialize(data, **self._extent._asdict(), **chosen, wanted=wanted or None)
        except ConfigurationError as error:
            self._refused = error
            raise

    def _post_assert(self) -> None:
        super()._post_assert()
        self._extent = self._default_extent


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


def _by_extension(exact: bool | None, options: dict[str, Any]) -> dict[str, Any]:  # noqa: FBT001 - keyword above
    if exact is None:
        return options
    kind = ExactTapeSnapshotExtension if exact else TapeSnapshotExtension
    return {"extension_class": kind} | options


def _extent(default: _Extent, events: bool | None, chunks: bool | None) -> _Extent:  # noqa: FBT001 - keyword above
    return _Extent(default.events if events is None else events, default.chunks if chunks is None else chunks)
