"""A thousand damages of cassette files, ten thousand in a long run: said, noticed, or without consequence."""

from __future__ import annotations

import gzip
import json
import re
import warnings
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import yaml

from chunktape import CassetteError, CassetteWarning, use_cassette
from chunktape.tape import codec, store
from chunktape.tape.event_boundary import event_ends
from chunktape.tape.header_list import kept_in_request

CASSETTES = Path(__file__).parents[2] / "cassettes"
SINGLE = sorted(CASSETTES.rglob("*.yaml"))
BATCHES = 20


def _texts():
    """Return several cassettes by name, of one and of many interactions, in every form that is read."""
    ours = {path.relative_to(CASSETTES).as_posix().replace("/", "-"): path.read_bytes() for path in SINGLE}
    ours = {name: codec.dumps(codec.loads(data, name=name)) for name, data in ours.items()}
    for provider in ("openai", "anthropic", "azure"):
        several = [one for name in ours if provider in name for one in codec.loads(ours[name], name=name)]
        ours[f"{provider}.yaml"] = codec.dumps(several)
        # As stock vcrpy's serializer writes it.
        tree = yaml.load(ours[f"{provider}.yaml"], yaml.CSafeLoader)
        ours[f"{provider}.json"] = (json.dumps(tree, indent=4) + "\n").encode()
    zipped = {f"{name}.gz": gzip.compress(ours[name], mtime=0) for name in ("openai.yaml", "anthropic.json")}
    return ours | zipped


TEXTS = _texts()


def _bare(one):
    """Return an interaction without what its seal does not hold: headers without a value worth keeping."""
    request = replace(one.request, headers=_sorted(p for p in one.request.headers if kept_in_request(p[0])))
    gone = ("set-cookie", "transfer-encoding")
    head = one.head and replace(
        one.head, headers=_sorted(p for p in one.head.headers if p[0].lower() not in gone)
    )
    return replace(one, request=request, head=head)


def _sorted(headers):
    return tuple(sorted(headers))


ORIGINALS = {_bare(one) for name, data in TEXTS.items() for one in codec.loads(data, name=name)}
SIZES = {one.recorded_at: (len(one.body), len(event_ends(one.head, one.body))) for one in ORIGINALS}


def _flipped(random, data):
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def _overwritten(random, data):
    at, size = random.randrange(len(data)), random.choice((1, 1, 2, 16, 200))
    return data[:at] + random.randbytes(size) + data[at + size :]


def _cut(random, data):
    return data[: random.randrange(len(data))]


def _cut_at_line(random, data):
    lines = data.splitlines(keepends=True)
    return b"".join(lines[: random.randrange(len(lines) + 1)])


def _beheaded(random, data):
    return data[random.randrange(1, len(data)) :]


def _spliced(random, data):
    other = TEXTS[random.choice(sorted(TEXTS))]
    return data[: random.randrange(len(data))] + other[random.randrange(len(other)) :]


def _spliced_lines(random, data):
    lines = data.splitlines(keepends=True)
    other = TEXTS[random.choice(sorted(TEXTS))].splitlines(keepends=True)
    return b"".join(lines[: random.randrange(len(lines))] + other[random.randrange(len(other)) :])


def _merged(random, data):
    lines = data.splitlines(keepends=True)
    first, second, third = sorted(random.randrange(len(lines) + 1) for _ in range(3))
    ours, theirs = lines[first:second], lines[second:third]
    marked = [b"<<<<<<< HEAD\n", *ours, b"=======\n", *theirs, b">>>>>>> theirs\n"]
    return b"".join(lines[:first] + marked + lines[third:])


def _doubled(random, data):
    lines = data.splitlines(keepends=True)
    first, second = sorted(random.randrange(len(lines) + 1) for _ in range(2))
    second = min(second, first + random.choice((1, 3, 30, 1000)))
    return b"".join(lines[:second] + lines[first:])


def _without_lines(random, data):
    lines = data.splitlines(keepends=True)
    first = random.randrange(len(lines))
    return b"".join(lines[:first] + lines[first + random.choice((1, 1, 2, 5, 40)) :])


def _swapped_lines(random, data):
    lines = data.splitlines(keepends=True)
    first = random.randrange(len(lines))
    second = min(len(lines) - 1, first + random.choice((1, 2, 9)))
    lines[first], lines[second] = lines[second], lines[first]
    return b"".join(lines)


def _other_numbers(random, data):
    numbers = list(re.finditer(rb"[0-9]+", data))
    if not numbers:
        return data
    found, other = random.choice(numbers), random.choice(numbers)[0]
    return data[: found.start()] + random.choice((other, b"0", b"-1", b"9" * 30)) + data[found.end() :]


def _reindented(random, data):
    lines = data.splitlines(keepends=True)
    first = random.randrange(len(lines))
    for at in range(first, min(len(lines), first + random.choice((1, 4, 50)))):
        lines[at] = random.choice((lines[at].lstrip(b" "), b"  " + lines[at]))
    return b"".join(lines)


def _other_line_ends(_random, data):
    return data.replace(b"\n", b"\r\n")


DAMAGES = (
    *(_flipped, _flipped, _overwritten, _cut, _cut_at_line, _beheaded, _spliced, _spliced_lines, _merged),
    *(_doubled, _without_lines, _without_lines, _swapped_lines, _other_numbers, _other_numbers, _reindented),
    _other_line_ends,
)


def _damaged(number):
    """Return the name of a cassette, what was done to it, and what it is now."""
    random = Random(number)  # noqa: S311 the same damage every time
    name = random.choice(sorted(TEXTS))
    damage = random.choice(DAMAGES)
    data = damage(random, TEXTS[name])
    # Who takes the seal away as well vouches for what is under it.
    if random.random() < 0.2 and data.count(b"seal: sha256:") == TEXTS[name].count(b"seal: sha256:") > 0:
        data = random.choice((_flipped, _cut, _merged, _other_numbers, _reindented))(random, data)
    return name, damage.__name__, data


def _judged(path):
    """Return what is wrong with how a damaged file is read; nothing where nothing is."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = store.read(path)
        except CassetteError as error:
            return _judged_error(str(error), path)
    told = "\n".join(str(one.message) for one in caught if one.category is CassetteWarning)
    if len(caught) != told.count("  way out: "):
        return f"other warnings: {[str(one.message) for one in caught]}"
    for number, one in enumerate(found, start=1):
        if _bare(one) in ORIGINALS:
            continue
        if f"interaction {number} " not in f"{told} ":
            return f"interaction {number} is none that was recorded, and nothing says so"
        # Chunks are counted in bytes or in events; an answer that has less of both is shorter.
        size, events = SIZES.get(one.recorded_at, (0, 0))
        if len(one.body) < size and len(event_ends(one.head, one.body)) < events:
            return f"interaction {number} is shorter than it was, and is played all the same"
    return None if found else "an empty cassette"


def _judged_error(text, path):
    what, where, way_out = text.split("\n")
    if not what.startswith(("Damaged cassette: ", "Cassette too big: ")) or not way_out.startswith(
        "  way out: "
    ):
        return text
    # Where the bytes are not those of gzip, there are no lines.
    if where == f"  where: {path}" and "gzip" in what:
        return None
    return None if re.fullmatch(f"  where: {re.escape(str(path))}, line [0-9]+", where) else text


@pytest.mark.parametrize(
    "batch", [*range(2), *(pytest.param(n, marks=pytest.mark.long) for n in range(2, BATCHES))]
)
def test_damage_is_said_or_noticed_or_nothing(tmp_path, batch):
    """A damaged cassette is an error with its place, the right content, or changed text with a warning."""
    wrong = []
    for number in range(batch * 500, batch * 500 + 500):
        name, damage, data = _damaged(number)
        path = tmp_path / name
        path.write_bytes(data)
        if (found := _judged(path)) is not None:
            wrong.append((number, name, damage, found))

    assert [] == wrong


@pytest.mark.parametrize("batch", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, BATCHES))])
@pytest.mark.parametrize("mode", ["none", "once", "new_episodes", "all"])
def test_damaged_file_is_never_overwritten(tmp_path, mode, batch):
    """Opening a damaged cassette in any mode that keeps it leaves it byte for byte, with the same error."""
    wrong = []
    for number in range(batch * 500, batch * 500 + (100 if batch == 0 else 500)):
        name, damage, data = _damaged(number)
        path = tmp_path / name
        path.write_bytes(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CassetteWarning)
            try:
                with use_cassette(path, record_mode=mode):
                    pass
            except CassetteError:
                pass
        if data != path.read_bytes() or [path] != list(tmp_path.iterdir()):
            wrong.append((number, name, damage))
        path.unlink()

    assert [] == wrong
