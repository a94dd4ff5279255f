"""What Anthropic sends, and no recording shows, sets off no rule.

The data is invented after anthropic's `types/beta/` and its docstrings, and
https://platform.claude.com/docs/en/build-with-claude/streaming.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from audit_evidence import alarms, recorded
from audited_messages import URL, asked
from message_wire import STOP, begun, block, called, delta, reason, said, sse, started, stopped, thought

from chunktape.loopback import raw
from chunktape.wire.message import Ending

PING = sse("ping")
END = reason() + STOP
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
RESULT = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
CITED = {"type": "web_search_result_location", "url": "https://example.org", "cited_text": "so"}
FALLBACK = {"type": "fallback", "from": {"model": "a"}, "to": {"model": "b"}, "trigger": {"type": "refusal"}}


def stream(*sent, ending=None, **more):
    one = recorded(raw(*sent), asked(**more), url=URL)
    return one if ending is None else replace(one, ending=Ending(ending))


def cut(one, end):
    return replace(one, body=one.body[:end], ends=(len(one.body[:end]),), timing=None)


def searched(index=0):
    return called(index, '{"query":', '"so"}', ident="srvtoolu_1", name="web_search", kind="server_tool_use")


STREAMS = {
    "pings anywhere": stream(
        started(),
        PING,
        PING,
        begun(0, type="text", text=""),
        PING,
        delta(0, type="text_delta", text="Hi"),
        PING,
        stopped(0),
        PING,
        reason(),
        PING,
        STOP,
        PING,
    ),
    "a search of the server": stream(
        started(),
        searched(),
        block(1, **RESULT),
        block(
            2,
            {"type": "text_delta", "text": "So."},
            {"type": "citations_delta", "citation": CITED},
            type="text",
            text="",
            citations=[],
        ),
        reason(
            usage={"input_tokens": 900, "output_tokens": 9, "server_tool_use": {"web_search_requests": 1}}
        ),
        STOP,
        tools=[SEARCH],
    ),
    "thinking, in part redacted": stream(
        started(), thought(0, "Hm", "s1"), block(1, type="redacted_thinking", data="x"), said(2, "Hi"), END
    ),
    "thinking that is not shown": stream(
        started(),
        block(0, {"type": "signature_delta", "signature": "s"}, type="thinking", thinking="", signature=""),
        said(1, "Hi"),
        END,
    ),
    "thinking that was cut": stream(
        started(),
        block(0, {"type": "thinking_delta", "thinking": "Hm"}, type="thinking", thinking="", signature=""),
        reason("max_tokens"),
        STOP,
    ),
    "arguments as they come": stream(
        started(),
        called(0, '{"city": "Par', name="get_weather"),
        reason("tool_use"),
        STOP,
        tools=[asked()["tools"][0] | {"eager_input_streaming": True}],
    ),
    "arguments cut short": stream(
        started(), called(0, '{"city": "Par', name="get_weather"), reason("max_tokens"), STOP
    ),
    "a call without arguments": stream(started(), called(0, name="get_time"), reason("tool_use"), STOP),
    "a tool of a set": stream(
        started(),
        called(0, '{"text":"example.org"}', name="navigate", toolset_name="browser"),
        reason("tool_use"),
        STOP,
        tools=[{"type": "browser_toolset_20260801"}, *asked()["tools"]],
    ),
    "a tool that a message adds": stream(
        started(),
        called(0, "{}", name="get_tide"),
        reason("tool_use"),
        STOP,
        messages=[
            {
                "role": "system",
                "content": [
                    {"type": "tool_addition", "tool": {"type": "tool_definition", "name": "get_tide"}}
                ],
            }
        ],
    ),
    "a tool of an MCP server": stream(
        started(),
        block(0, type="mcp_tool_listing", mcp_server_name="sea", tools=[]),
        called(1, "{}", name="get_tide", ident="mcptoolu_1", kind="mcp_tool_use", server_name="sea"),
        block(2, type="mcp_tool_result", tool_use_id="mcptoolu_1", is_error=False, content=[]),
        said(3, "High."),
        END,
        tools=[{"type": "mcp_toolset", "mcp_server_name": "sea"}],
    ),
    "compaction": stream(
        started(),
        block(
            0,
            {"type": "compaction_delta", "content": "So far"},
            type="compaction",
            content=None,
            signature="s",
        ),
        reason("compaction"),
        STOP,
    ),
    "context management": stream(
        started(context_management=None),
        said(0, "Hi"),
        sse(
            "message_delta",
            delta={"stop_reason": "end_turn", "stop_sequence": None},
            usage={"output_tokens": 5},
            context_management={"applied_edits": []},
        ),
        STOP,
    ),
    "another model takes over": stream(started(), said(0, "Well"), block(1, **FALLBACK), said(2, "Hi"), END),
    "an empty reply": stream(started(), END),
    "an empty text": stream(started(), said(0), END),
    "a turn that pauses": stream(started(), searched(), reason("pause_turn"), STOP, tools=[SEARCH]),
    "a refusal": stream(started(), said(0, "I"), reason("refusal", stop_details={"type": "refusal"}), STOP),
    "a stop sequence": stream(started(), said(0, "Hi"), reason("stop_sequence", stop_sequence="\n"), STOP),
    "a full window": stream(started(), said(0, "Hi"), reason("model_context_window_exceeded"), STOP),
    "unknown events and blocks": stream(
        started(),
        sse("content_block_note", index=0),
        block(0, {"type": "hologram_delta", "hologram": "x"}, type="hologram"),
        said(1, "Hi"),
        reason(),
        sse("message_note"),
        STOP,
    ),
    "several message_delta": stream(
        started(),
        said(0, "Hi"),
        reason(None, usage={"output_tokens": 3}),
        reason("end_turn", usage={"output_tokens": 3}),
        reason(None, usage={"output_tokens": 8}),
        STOP,
    ),
    "the reader left": stream(started(), begun(0, type="text", text=""), ending="closed"),
    "the reader left within an event": cut(stream(started(), said(0, "Hi"), ending="cancelled"), -9),
}


@pytest.mark.parametrize("name", STREAMS)
def test_anthropic_sets_off_nothing(name):
    """No rule warns of what Anthropic's own types and docstrings allow."""
    assert set() == alarms(STREAMS[name])


def test_the_older_protocol_is_none_of_ours():
    """Text completions of 2023 have pings too, and are judged by no rule about messages."""
    sent = [sse("completion", completion=" Hi", stop_reason=None), PING, sse("completion", completion="")]
    one = recorded(raw(*sent), {"prompt": "Hello"}, url="https://api.anthropic.com/v1/complete")

    assert set() == alarms(one)
