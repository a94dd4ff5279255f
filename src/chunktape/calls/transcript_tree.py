"""`Fact`: the tree in which a transcript is told before it is written: names, values, and their forms.

To a matcher or a filter it is what a user of syrupy knows: objects, lists, texts and numbers, each at
a path of names such as ``usage.output_tokens``. What each recording makes anew is masked in it already.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chunktape.calls.transcript_fact import (
    compact,
    indented,
    pretty,
    quoted,
    said,
    scalar,
    visible,
    written_facts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from chunktape.calls.transcript_mask import Mask

    Form = Callable[[str, Any, Mask], Iterator[str]]

__all__ = [
    "Fact",
    "Held",
    "as_block",
    "as_compact",
    "as_each",
    "as_facts",
    "as_is",
    "as_pretty",
    "as_said",
    "as_scalar",
    "beside",
    "group",
    "head_line",
    "headed",
    "in_head",
    "inline",
    "listed",
    "numbered",
    "plain",
]


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact, or a group of such.

    `value` is plain, or a tuple of the facts inside. `form` writes it under a label, which is `label`
    below whatever its group puts before it. `more` are facts beside it that say nothing without it.
    """

    key: str | int
    value: Any
    label: str
    form: Form
    more: tuple[Fact, ...] = ()

    @property
    def is_group(self) -> bool:
        """Whether there are facts inside."""
        return isinstance(self.value, tuple)

    @property
    def is_in_head(self) -> bool:
        """Whether the head of its group tells it."""
        return self.form is _nowhere

    def lines(self, mask: Mask, before: str = "") -> Iterator[str]:
        """Yield the lines of this fact and of those that hang on it."""
        label = f"{before} {self.label}" if before and self.label else before or self.label
        yield from self.form(label, Held(self.value) if self.is_group else self.value, mask)
        for one in self.more:
            yield from one.lines(mask)


class Held:
    """The facts of a group, for its form: what its head names, and the others."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.facts = list(facts)

    def told(self, key: str) -> str | None:
        """Return a fact of the head as text; None where it is not told."""
        return next((inline(one.value) for one in self.facts if one.is_in_head and one.key == key), None)

    def lines(self, mask: Mask, before: str = "") -> Iterator[str]:
        """Yield the lines of all facts that are not told in the head."""
        for one in self.facts:
            yield from one.lines(mask, before)


def plain(fact: Fact) -> Any:
    """Return what a fact is to a matcher: a list where the facts inside are counted, else an object."""
    if not fact.is_group:
        return fact.value
    inside = list(beside(fact.value))
    if inside and all(isinstance(one.key, int) for one in inside):
        return [plain(one) for one in inside]
    return {one.key: plain(one) for one in inside}


def beside(facts: Iterable[Fact]) -> Iterator[Fact]:
    """Yield facts and those that hang on them, which stand beside them in the tree."""
    for one in facts:
        yield one
        yield from one.more


def numbered(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return facts, each under a name of its own: the first ``text``, then ``text.1``, as syrupy counts."""
    counts: dict[Any, int] = {}
    return tuple(
        replace(_counted(one, counts), more=tuple(_counted(more, counts) for more in one.more))
        for one in facts
    )


def _counted(fact: Fact, counts: dict[Any, int]) -> Fact:
    number = counts.get(fact.key, 0)
    counts[fact.key] = number + 1
    return replace(fact, key=f"{fact.key}.{number}") if number else fact


def group(key: str | int, facts: Iterable[Fact], form: Form, label: str | None = None) -> Fact:
    """Return a fact that holds others."""
    return Fact(key, tuple(facts), str(key) if label is None else label, form)


def listed(key: str, facts: Iterable[Fact]) -> Fact:
    """Return facts that are counted from 0, written one after the other."""
    counted = tuple(replace(one, key=number) for number, one in enumerate(facts))
    return Fact(key, counted, "", as_each)


def in_head(key: str, value: Any) -> Fact:
    """Return a fact that the head of its group tells."""
    return Fact(key, value, key, _nowhere)


def head_line(label: str, *words: str | None) -> str:
    """Return the line of a head; of the words that are not told, nothing stands in it."""
    told = " ".join(word for word in words if word is not None)
    return f"{label}: {told}" if told else f"{label}:"


def headed(told: str) -> Form:
    """Return the form of a group under a head that does not change."""

    def form(label: str, held: Held, mask: Mask) -> Iterator[str]:  # noqa: ARG001 - as all forms
        yield told
        yield from indented(held.lines(mask))

    return form


def as_each(label: str, held: Held, mask: Mask) -> Iterator[str]:
    """Write the facts of a group, and nothing for itself."""
    yield from held.lines(mask, label)


def as_scalar(label: str, value: Any, mask: Mask) -> Iterator[str]:
    """Write a value in one line."""
    yield f"{label}: {scalar(value, mask=mask)}"


def as_is(label: str, value: Any, mask: Mask) -> Iterator[str]:  # noqa: ARG001 - as all forms
    """Write a text that cannot be taken for anything else, as it is."""
    yield f"{label}: {inline(value)}"


def as_said(label: str, value: Any, mask: Mask) -> Iterator[str]:
    """Write what someone said, cut to a readable length."""
    yield from said(label, str(value), mask=mask)


def as_block(label: str, value: Any, mask: Mask) -> Iterator[str]:  # noqa: ARG001 - as all forms
    """Write a whole text, line by line."""
    yield f"{label}:"
    if value:
        yield from indented(quoted(str(value)))


def as_facts(label: str, value: Any, mask: Mask) -> Iterator[str]:
    """Write an object field by field."""
    yield from written_facts(label, value, mask=mask)


def as_compact(label: str, value: Any, mask: Mask) -> Iterator[str]:
    """Write an object as JSON in one line."""
    yield f"{label}: {compact(value, mask=mask)}"


def as_pretty(label: str, value: Any, mask: Mask) -> Iterator[str]:  # noqa: ARG001 - as all forms
    """Write an object as JSON, without a label."""
    yield from pretty(value, mask=mask)


def _nowhere(label: str, value: Any, mask: Mask) -> Iterator[str]:  # noqa: ARG001 - as all forms
    yield from ()


def inline(value: Any) -> str:
    """Return a value as a word of a head."""
    return value if isinstance(value, str) else visible(str(value))
