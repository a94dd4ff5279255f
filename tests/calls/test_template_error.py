"""Templates that cannot be read or filled: what the errors say."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from chunktape.calls.filling import render
from chunktape.errors import ConfigurationError


@dataclass
class Book:
    title: str = "The Dispossessed"
    pages: list[int] = field(default_factory=lambda: [1, 2])
    cover: bytes = b"\x89PNG\r\n\x1a\nrest"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (
            "a {genra}",
            (
                "The prompt template of f() has {genra}, "
                "which is neither an argument nor a computed field; did you mean 'genre'?\n"
                "  there are: book, genre, nothing\n"
                "  Add an argument genra, return it in computed_fields, "
                "or write {{ and }} for braces that are text."
            ),
        ),
        (
            "{zzz.title!r:>3}",
            (
                "The prompt template of f() has {zzz.title!r:>3}, "
                "which is neither an argument nor a computed field\n"
                "  there are: book, genre, nothing\n"
                "  Add an argument zzz, return it in computed_fields, "
                "or write {{ and }} for braces that are text."
            ),
        ),
        (
            "{book.titel:text}",
            (
                "The prompt template of f() has {book.titel:text}, which book does not hold: "
                "'Book' object has no attribute 'titel'; did you mean 'title'?\n"
                "  book is of the type Book\n"
                "  Correct the name, or compute the value before: return it in computed_fields."
            ),
        ),
        (
            "{book.pages[7]}",
            (
                "The prompt template of f() has {book.pages[7]}, which book does not hold: "
                "list index out of range\n"
                "  book is of the type Book\n"
                "  Correct the name, or compute the value before: return it in computed_fields."
            ),
        ),
        (
            "{book[]}",
            (
                "The prompt template of f() has {book[]}, which book does not hold: "
                "Empty attribute in format string\n"
                "  book is of the type Book\n"
                "  Correct the name, or compute the value before: return it in computed_fields."
            ),
        ),
        (
            "{genre:.2f}",
            (
                "The prompt template of f() has {genre:.2f}, but its value cannot be formatted so: "
                "Unknown format code 'f' for object of type 'str'\n"
                "  it is of the type str: 'fantasy'\n"
                "  Correct the format, or the value."
            ),
        ),
        (
            "{genre:list}",
            (
                "The prompt template of f() has {genre:list}, but its value is no list\n"
                "  it is of the type str: 'fantasy'\n"
                "  Pass a list, or write {genre} for the value as text."
            ),
        ),
        (
            "{book.pages:lists}",
            (
                "The prompt template of f() has {book.pages:lists}, but its value is no list of lists\n"
                "  it is of the type int: 1\n"
                "  Pass a list of lists, or write {book.pages} for the value as text."
            ),
        ),
        (
            "{book.cover:images}",
            (
                "The prompt template of f() has {book.cover:images}, but its value is no list\n"
                "  it is of the type bytes: b'\\x89PNG\\r\\n\\x1a\\nrest'\n"
                "  Pass a list, or write {book.cover} for the value as text."
            ),
        ),
        (
            "MESSAGES: {nothing}",
            (
                "The prompt template of f() has {nothing}, but its value is no list of messages\n"
                "  it is of the type NoneType: None\n"
                "  Pass [] where there are none yet."
            ),
        ),
        (
            "MESSAGES: {book.pages}",
            (
                "The prompt template of f() has {book.pages}, "
                "but its value holds something that is no message\n"
                "  it is of the type int: 1\n"
                "  Put it into a message: Messages.User(…)."
            ),
        ),
        (
            "MESSAGES: {history} and more",
            (
                "The prompt template of f() has MESSAGES: with more, or less, than one variable: "
                "'{history} and more'\n"
                "  Write MESSAGES: {history}, and a role before the text that follows."
            ),
        ),
        (
            "Be brief.\nUSER: {genre}",
            (
                "The prompt template of f() has text before its first role, USER: 'Be brief.'\n"
                "  Put SYSTEM:, USER: or ASSISTANT: in front of it. Where the word is no role, "
                "write it without its colon, or put it in from a variable."
            ),
        ),
        (
            '{"a": 1}',
            (
                'The prompt template of f() has {"a": 1}, which names no variable\n'
                "  Name one, or write {{ and }} for braces that are text."
            ),
        ),
        (
            "{}",
            (
                "The prompt template of f() has {}, which names no variable\n"
                "  Name one, or write {{ and }} for braces that are text."
            ),
        ),
        (
            "a {genre",
            (
                "The prompt template of f() cannot be read: expected '}' before end of string\n"
                "  template: 'a {genre'\n"
                "  Write {{ and }} for braces that are text."
            ),
        ),
        (
            "{x:image(detial=low)}",
            (
                "The prompt template of f() has {x:image(detial=low)} with the option 'detial=low', "
                "which means nothing; did you mean 'detail'?\n"
                "  image takes detail=…"
            ),
        ),
        (
            "{x:audio(fast)}",
            (
                "The prompt template of f() has {x:audio(fast)} with the option 'fast', which means nothing\n"
                "  audio takes no options"
            ),
        ),
        (
            "{genre:image}",
            (
                "{genre:image} of f() cannot be read: No such file or directory: 'fantasy'\n"
                "  Pass bytes, the path of a file, or a URL; ImagePart takes any format."
            ),
        ),
    ],
)
def test_a_template_that_cannot_be_filled_is_an_error(template, message):
    """The error names the function and the variable, what comes closest, and the way out."""
    with pytest.raises(ConfigurationError) as caught:
        render(template, {"genre": "fantasy", "book": Book(), "nothing": None}, where="f()")

    assert message == str(caught.value)
