r"""Text and bytes as YAML scalars that people can read and every YAML reader takes.

A body is a literal block wherever YAML can hold it in one: UTF-8 as it is, one line per line. Where
it cannot (CR, U+0085, U+2028, control characters) the body is a double-quoted scalar, still one
line per line, with ``\n\`` at the end of each; bytes that are no UTF-8 are ``!!binary``.
"""

from __future__ import annotations

import re
from base64 import b64encode, encodebytes
from codecs import iterdecode
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from chunktape.tape.yaml_tree import resolved_tag

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["scalar", "write_body"]

_SLICE = 1 << 20
_TEXT_TAG = resolved_tag("text")
# YAML 1.1, c-printable, without its line breaks beyond the newline.
_NOT_LITERAL = re.compile("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_QUOTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_LINE_START = re.compile(rb"\n(?=[^\n])")
_PLAIN = re.compile(r"[A-Za-z0-9/_.]([A-Za-z0-9 _./+()=;@*~%$!?&^-]*[A-Za-z0-9_./+()=;@*~%$!?&^-])?")
_PLAIN_OUTSIDE = re.compile(r"[A-Za-z0-9/_.]([A-Za-z0-9_./+()=;@*~%$!?&^:-]*[A-Za-z0-9_./+()=;@*~%$!?&^-])?")


def scalar(text: str | None, *, flow: bool = False) -> str:
    """Return text as a scalar on one line, quoted where YAML would read something else.

    `flow` is for places within brackets, where more needs quoting. Text with lone surrogates (how
    Python keeps header bytes that are no UTF-8) becomes ``!!binary``.
    """
    if text is None:
        return "null"
    plain = _PLAIN.fullmatch(text) or (not flow and _PLAIN_OUTSIDE.fullmatch(text))
    if plain and resolved_tag(text) == _TEXT_TAG:
        return text
    if not _NOT_QUOTED.search(text):
        return "'" + text.replace("'", "''") + "'"
    if _SURROGATE.search(text):
        # Only those that stand for bytes can be kept; the others do not read back, which is noticed.
        errors = "surrogatepass" if _NO_BYTE.search(text) else "surrogateescape"
        return f'!!binary "{b64encode(text.encode("utf-8", errors)).decode()}"'
    return f'"{_escaped(text)}"'


def write_body(body: bytes, indent: int) -> Iterator[bytes]:
    """Yield a body as the value of a key that stands at `indent` columns, its newline included."""
    margin = b" " * (indent + 2)
    form = _form(body)
    if not body:
        yield b"''\n"
    elif form == "literal":
        # Leading blanks and newlines hide the indentation from a reader: it is told then.
        told = b"2" if body[:1] in b" \t\n" else b""
        kept = body.endswith(b"\n\n") or body == b"\n"
        chomping = b"+" if kept else b"" if body.endswith(b"\n") else b"-"
        yield b"|" + told + chomping + b"\n"
        if body[:1] != b"\n":
            yield margin
        yield _LINE_START.sub(b"\n" + margin, body)
        if not body.endswith(b"\n"):
            yield b"\n"
    elif form == "quoted":
        lines = (_escaped_line(line) for line in body.split(b"\n"))
        yield b'"' + (b"\\n\\\n" + margin).join(lines) + b'"\n'
    else:
        yield b"!!binary |\n" + margin
        yield encodebytes(body)[:-1].replace(b"\n", b"\n" + margin)
        yield b"\n"


def _form(body: bytes) -> str:
    # In slices, because one emoji makes the text of a whole body four times as big as its bytes.
    slices = (body[start : start + _SLICE] for start in range(0, len(body), _SLICE))
    form = "literal"
    try:
        for text in iterdecode(slices, "utf-8"):
            if _NOT_LITERAL.search(text):
                form = "quoted"
    except UnicodeDecodeError:
        return "binary"
    return form


def _escaped(text: str) -> str:
    return _NOT_QUOTED.sub(lambda found: f"\\u{ord(found[0]):04x}", encode_basestring(text)[1:-1])


def _escaped_line(line: bytes) -> bytes:
    text = _escaped(line.decode())
    # YAML skips the blanks that begin a continued line.
    return (f"\\{text}" if text.startswith(" ") else text).encode()
