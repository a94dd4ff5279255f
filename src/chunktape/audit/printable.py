"""Recorded text made safe to show: it must steer neither a terminal, nor a log, nor a reader's eye."""

from __future__ import annotations

import re

__all__ = ["one_line", "printable"]

# A recorded text must not steer the terminal that shows it, and half a surrogate cannot be printed.
_PICTURES = (
    {code: chr(0x2400 + code) for code in range(0x20) if chr(code) != "\n"}
    | {0x09: " " * 4, 0x7F: "\u2421"}
    | dict.fromkeys((*range(0x80, 0xA0), *range(0xD800, 0xE000)), "\ufffd")
)
# Directions make text look as it is not (CVE-2021-42574), and XML has no U+FFFE.
_TURNED = (
    {0x0A: "\u2424", 0x09: " "}
    | dict.fromkeys((0x2028, 0x2029), "\u2424")
    | dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd")
    | dict.fromkeys((0xFFFE, 0xFFFF), "\ufffd")
)
_LINE = _PICTURES | _TURNED
# The runners of GitHub and of Azure Pipelines look for these anywhere in a line, and GitHub's for two
# colons after blanks at its start (`ActionCommand.cs` of actions/runner, `Command.cs` of
# microsoft/azure-pipelines-agent).
_COMMAND = re.compile(r"##(?=(?:vso)?\[)")
_FIRST_COMMAND = re.compile(r"(\s*):(?=:)")
_TAME = re.compile(r"[ -~]*")


def printable(text: str) -> str:
    """Return a text that is safe to print: pictures for control characters, four blanks for a tab."""
    return text.replace("\r\n", "\n").translate(_PICTURES)


def one_line(text: str) -> str:
    """Return a text that is safe in one line of anything: a picture for the end of a line, too."""
    if _TAME.fullmatch(text) is None:
        text = text.replace("\r\n", "\n").translate(_LINE)
    if "##" in text:
        text = _COMMAND.sub("# #", text)
    return _FIRST_COMMAND.sub(r"\1: ", text, count=1) if _FIRST_COMMAND.match(text) else text
