"""A long recording fits into memory, while it is made and while it is saved."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from claim import MEGABYTE, Measured, megabytes, seconds
from one_stream import CHUNKS, SIZE, TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator

CLAIM = "4 memory"
STREAMING = 60 * MEGABYTE
SAVING = 8.0


def measure() -> Iterator[Measured]:
    """Yield two rows for each kind of text; every stream runs in an interpreter of its own."""
    with TemporaryDirectory() as folder:
        for text in TEXTS:
            live = _run(text)
            recorded = _run(text, str(Path(folder) / f"{text}.yaml"))
            size = recorded["size"]
            if size != CHUNKS * SIZE or size != live["size"]:
                raise AssertionError(f"{live['size']} bytes came live, {size} while recording")
            # What is imported to record is no memory of the stream.
            extra = recorded["streamed"] - recorded["before"] - (live["streamed"] - live["before"])
            yield Measured(
                CLAIM,
                f"{text}: {CHUNKS} chunks, {megabytes(size)}, while streaming",
                megabytes(recorded["streamed"]),
                f"{megabytes(live['streamed'])} live",
                f"+{megabytes(extra)}",
                f"< +{megabytes(STREAMING)}",
                extra < STREAMING,
            )
            factor = (recorded["saved"] - live["saved"]) / size
            yield Measured(
                CLAIM,
                f"{text}: saving it ({seconds(recorded['save_seconds'])}), the recording itself included",
                megabytes(recorded["saved"]),
                f"{megabytes(live['saved'])} live",
                f"+{factor:.1f} x its size",
                f"< {SAVING:g} x",
                factor < SAVING,
            )


def _run(*arguments: str) -> dict[str, Any]:
    script = str(Path(__file__).with_name("one_stream.py"))
    done = subprocess.run(
        [sys.executable, script, *arguments], check=True, capture_output=True, text=True, timeout=200
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
