"""What the Responses API sends, and no recording shows, sets off no rule.

The data is invented after openai's `types/responses/response_*_event.py` and `response_output_item.py`.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from audit_evidence import alarms, recorded
from audited_responses import ASKED, TOOLS, URL

from chunktape.audit.message_mutation import event
from chunktape.loopback import raw
from chunktape.wire.message import Ending

USAGE = {
    "input_tokens": 5,
    "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 4},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 3},
    "total_tokens": 12,
}


def response(status, **fields):
    return {"id": "resp_1", "object": "response", "status": status, "output": [], "usage": None} | fields


def of(kind, status="in_progress", **fields):
    return {"type": f"response.{kind}", "response": response(status, **fields)}


def ended(kind="completed", **fields):
    return of(kind, kind, **({"usage": USAGE} | fields))


def item(kind, index=0, steps=(), *, deltas=(), field=None, part=None, added=None, **fields):
    """Return the events of an item; `steps` are those that its tool goes through."""
    at = {"item_id": f"item_{index}", "output_index": index}
    body = {"id": f"item_{index}", "type": kind} | fields
    name, last, extra = field or ("", "", {})
    told = "".join(deltas)
    grown = [{"type": f"response.{name}.delta", **at, **extra, "delta": one} for one in deltas]
    grown += [{"type": f"response.{name}.done", **at, **extra, last: told}] if field else []
    if part:
        grown = [{"type": f"response.{part}.added", **at, **extra, "part": {"text": ""}}, *grown]
        grown.append({"type": f"response.{part}.done", **at, **extra, "part": {"text": told}})
    return [
        {"type": "response.output_item.added", "output_index": index, "item": body | (added or {})},
        *({"type": f"response.{step}", **at} for step in steps),
        *grown,
        {
            "type": "response.output_item.done",
            "output_index": index,
            "item": body | ({last: told} if last else {}),
        },
    ]


TEXT = ("output_text", "text", {"content_index": 0, "logprobs": []})


def text(index=0, *, deltas=("He", "llo")):
    return item("message", index, deltas=deltas, field=TEXT, part="content_part")


def flat(sent):
    return [one for each in sent for one in (each if isinstance(each, list) else [each])]


def stream(*sent, first=0, method="POST", ending=None, **more):
    numbered = [one | {"sequence_number": number} for number, one in enumerate(flat(sent), first)]
    one = recorded(raw(*map(event, numbered)), ASKED | more, url=URL)
    one = replace(one, request=replace(one.request, method=method))
    return one if ending is None else replace(one, ending=Ending(ending))


def tool(family, *statuses):
    return [f"{family}.{status}" for status in ("in_progress", *statuses)]


CREATED, RUNNING, QUEUED = of("created"), of("in_progress"), of("queued", "queued")
ARGUMENTS = ("function_call_arguments", "arguments", {})
SUMMARY = ("reasoning_summary_text", "text", {"summary_index": 0})
SHELL = {"output_index": 0, "command_index": 0}
IMAGE = {"item_id": "item_0", "output_index": 0, "partial_image_b64": "AAAA"}
CODE = ("code_interpreter_call_code", "code", {})
MCP = ("mcp_call_arguments", "arguments", {})
ANNOTATED = {
    "item_id": "item_0",
    "output_index": 0,
    "content_index": 0,
    "annotation_index": 0,
    "annotation": {},
}

STREAMS = {
    "in the background": stream(of("created", "queued"), QUEUED, RUNNING, text(), ended(), background=True),
    "in the background, queued first": stream(QUEUED, RUNNING, text(), ended(), background=True),
    "taken up again": stream(text()[3:], ended(), first=7, method="GET"),
    "cancelled in the background": stream(CREATED, QUEUED, of("cancelled", "cancelled"), background=True),
    "an image in parts": stream(
        CREATED,
        item("image_generation_call", 0, tool("image_generation_call", "generating"), result="AAAA")[:-1],
        *(
            {"type": "response.image_generation_call.partial_image", **IMAGE, "partial_image_index": place}
            for place in range(2)
        ),
        {"type": "response.image_generation_call.completed", "item_id": "item_0", "output_index": 0},
        item("image_generation_call", result="AAAA")[-1:],
        ended(),
    ),
    "code that runs": stream(
        CREATED,
        item("code_interpreter_call", 0, tool("code_interpreter_call"), deltas=("1", "+1"), field=CODE),
        text(1),
        ended(),
    ),
    "an MCP server": stream(
        CREATED,
        item("mcp_list_tools", 0, tool("mcp_list_tools", "completed"), tools=[]),
        item("mcp_call", 1, tool("mcp_call"), deltas=("{", "}"), field=MCP, name="get_tide"),
        item("mcp_approval_request", 2, name="get_tide", arguments="{}"),
        ended(),
    ),
    "searches": stream(
        CREATED,
        item("web_search_call", 0, tool("web_search_call", "searching", "completed")),
        item("file_search_call", 1, tool("file_search_call", "searching", "completed")),
        text(2),
        ended(),
    ),
    "an annotation": stream(
        CREATED,
        text()[:4],
        {"type": "response.output_text.annotation.added"} | ANNOTATED,
        text()[4:],
        ended(),
    ),
    "a summary of thoughts": stream(
        CREATED,
        item(
            "reasoning",
            deltas=("H", "m"),
            field=SUMMARY,
            part="reasoning_summary_part",
            encrypted_content="x",
        ),
        text(1),
        ended(),
    ),
    "a custom tool": stream(
        CREATED,
        item(
            "custom_tool_call",
            deltas=("pri", "nt"),
            field=("custom_tool_call_input", "input", {}),
            name="run",
        ),
        ended(),
        tools=[{"type": "custom", "name": "run"}],
    ),
    "parallel functions": stream(
        CREATED,
        *(
            item(
                "function_call",
                place,
                deltas=('{"city":', '"Ur"}'),
                field=ARGUMENTS,
                name="get_weather",
                added={"arguments": ""},
            )
            for place in range(2)
        ),
        ended(),
    ),
    "a tool that the input brings": stream(
        CREATED,
        item("function_call", deltas=("{}",), field=ARGUMENTS, name="get_tide"),
        ended(),
        input=[{"type": "additional_tools", "role": "developer", "tools": [{"name": "get_tide"}]}],
        tools=TOOLS,
    ),
    "a command that begins when it is announced": stream(
        CREATED,
        item("shell_call", action={"commands": []})[:-1],
        {"type": "response.shell_call_command.added", **SHELL, "command": "l"},
        {"type": "response.shell_call_command.delta", **SHELL, "delta": "s", "obfuscation": "xx"},
        {"type": "response.shell_call_command.done", **SHELL, "command": "ls"},
        item("shell_call", action={"commands": ["ls"]})[-1:],
        ended(),
    ),
    "padding": stream(
        CREATED, *(one | {"obfuscation": "x" * place} for place, one in enumerate(text())), ended()
    ),
    "a refusal": stream(
        CREATED, item("message", deltas=("No",), field=("refusal", "refusal", {"content_index": 0})), ended()
    ),
    "too long": stream(
        CREATED, text()[:4], ended("incomplete", incomplete_details={"reason": "max_output_tokens"})
    ),
    "stopped by a filter, and not counted": stream(
        CREATED, ended("incomplete", usage=None, incomplete_details={"reason": "content_filter"})
    ),
    "compaction": stream(
        CREATED,
        item("compaction", 0, ["compaction.compacting"], encrypted_content="x"),
        ended(),
    ),
    "the reader left": stream(CREATED, text()[:3], ending="closed"),
}


@pytest.mark.parametrize("name", STREAMS)
def test_openai_sets_off_nothing(name):
    """No rule warns of what OpenAI's own types and docstrings allow."""
    assert set() == alarms(STREAMS[name])


def test_new_events_need_no_number():
    """An event of a type that is not known yet is news, and no gap in the numbers."""
    sent = [one | {"sequence_number": place} for place, one in enumerate(flat([CREATED, text(), ended()]))]
    keepalive = {"type": "keepalive"}
    one = recorded(raw(*map(event, [sent[0], keepalive, *sent[1:]])), ASKED, url=URL)

    assert set() == alarms(one)


def test_an_early_error_is_an_error_and_no_more():
    """An error that comes before anything is counted is told once."""
    failure = {"type": "error", "error": {"type": "invalid_request_error", "code": "context_length_exceeded"}}
    one = recorded(raw(event(CREATED | {"sequence_number": 0}), event(failure)), ASKED, url=URL)

    assert {("RSP-E1", "context_length_exceeded")} == alarms(one)
