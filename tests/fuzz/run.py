"""Fuzz one target, guided by what its code covers: ``python tests/fuzz/run.py codec --seconds 600``.

Needs atheris (``pip install atheris``) in an environment of its own, with PyYAML beside it and `src`
in ``PYTHONPATH``. What is wrong ends the run, with a traceback and the bytes in a file ``crash-…``
below the folder of temporary files. What covers more than was known stays there, too, for the next
run; ``--keep`` adds some of it, of every size, to the kept corpus, which every test run plays through.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

LONGEST, MOST = 1000, 100
HERE = Path(__file__).parent
SUPPORT = HERE.parent / "support"
WORDS = [
    r"interactions:",
    r"-",
    r"request:",
    r"response:",
    r"stream:",
    r"body:",
    r"string:",
    r"|+",
    r"uri:",
    r"method:",
    r"POST",
    r"status:",
    r"{code:",
    r"headers:",
    r"{}",
    r"version:",
    r"1",
    r"digest:",
    r"sha256:",
    r"chunks:",
    r"gap_ms:",
    r"wait_ms:",
    r"end:",
    r"eof",
    r"recorded_at:",
    r"request_layout:",
    r"compact",
    r"parsed_body:",
    r"http_interactions:",
    r"recorded_with:",
    r"base64_string:",
    r"content-encoding",
    r"gzip",
    r"!!binary",
    r"&a",
    r"*a",
    r"<<:",
    r"---",
    r"...",
    r"data:",
    r"event:",
    r"id:",
    r"retry:",
    r"[DONE]",
    r"message_stop",
    r'{"choices":[{"delta":{"content":"a"}}]}',
    r'"tool_calls":[',
    r'"index":0',
    r'"usage":{',
    r'"finish_reason":"stop"',
    r'{"type":"content_block_delta"',
    r'"delta":{"type":"text_delta","text":"',
    r'"partial_json":"',
    r'"thinking":"',
    r'{"type":"response.output_text.delta"',
    r'"output_index":0',
    r'"item":',
    r'"output":[',
    r'"sequence_number":1',
    r'"error":{',
    r"null",
    r"true",
    r"1e999",
    r"NaN",
    r"\ud83d",
]


def keep(found: Path, kept: Path) -> None:
    """Copy what is short, a hundred files of every size up to that."""
    short = sorted((path for path in found.iterdir() if path.stat().st_size <= LONGEST), key=_size)
    for path in short[:: max(1, len(short) // MOST)]:
        (kept / path.name[:16]).write_bytes(path.read_bytes())


def _size(path: Path) -> int:
    return path.stat().st_size


def main() -> None:
    """Fuzz."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("target", choices=["codec", "sse", "dialects"])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--keep", action="store_true", help="add to the kept corpus what covers more")
    asked = parser.parse_args()
    with atheris.instrument_imports(include=["chunktape"]):
        sys.path.insert(0, str(SUPPORT))
        from fuzz_target import TARGETS

    place = Path(tempfile.gettempdir()) / f"chunktape-fuzz-{asked.target}"
    found, kept = place / "found", HERE / "corpus" / asked.target
    found.mkdir(parents=True, exist_ok=True)
    words = place / "words"
    quoted = (word.replace("\\", "\\\\").replace('"', '\\"') for word in WORDS)
    words.write_text("".join(f'"{word}"\n' for word in quoted))
    limits = [f"-max_total_time={asked.seconds}", "-max_len=6000", "-timeout=30", "-rss_limit_mb=3000"]
    if asked.keep:
        keep(found, kept)
        return
    options = [*limits, f"-dict={words}", f"-artifact_prefix={place}/", str(found), str(kept)]
    atheris.Setup([sys.argv[0], *options], TARGETS[asked.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
