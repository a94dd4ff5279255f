"""What a transcript says, dialect by dialect, as whole texts. All answers here are invented."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from message_wire import STOP, block, called, reason, started, thought

from chunktape import ConfigurationError
from chunktape.calls.recorded import interaction_of_bytes
from chunktape.calls.transcript import transcripts_of
from chunktape.calls.transcript_text import transcript_text
from chunktape.tape.interaction import Interaction
from chunktape.wire.message import Ending, Failure, Head, Request

CHAT = "https://api.openai.com/v1/chat/completions"
MESSAGES = "https://api.anthropic.com/v1/messages"
RESPONSES = "https://api.openai.com/v1/responses"
COMPLETIONS = "https://api.openai.com/v1/completions"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(300)
PICTURE = "data:image/png;base64," + b64encode(PNG).decode()


def told(value, *, exact=False):
    return transcript_text(transcripts_of(value), exact=exact)


def answered(body, *, url=CHAT, request=None, status=200):
    """Return an exchange with this reply, JSON or the bytes of a stream."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    one = interaction_of_bytes(data, url=url, request=request or {"model": "m", "messages": []})
    return Interaction(one.request, Head(status), data, (len(data),), Ending("eof"))


def completion(*messages, number=1, reason="stop", **more):
    choices = [
        {"index": index, "message": {"role": "assistant"} | one, "finish_reason": reason}
        for index, one in enumerate(messages)
    ]
    head = {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1700000000 + number}
    return head | {"model": "m-1", "system_fingerprint": f"fp_{number}", "choices": choices} | more


def call(ident, name="look", arguments='{"b": 1, "a": "x"}'):
    return {"id": ident, "type": "function", "function": {"name": name, "arguments": arguments}}


def lines_of(body, start="answer:", end="status:", **options):
    """Return the lines between two of a transcript."""
    text = told(answered(body, **options))
    return text[text.index(start) : text.index(end)].rstrip()


def test_chat():
    """Request, answer, counts, what is known about the price, status and ending, one fact on each line."""
    request = {
        "model": "gpt-4o-mini",
        "messages": [
            {"role": "system", "content": "Be brief.\nBe kind."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "See"},
                    {"type": "image_url", "image_url": {"url": PICTURE}},
                ],
            },
            {"role": "assistant", "content": None, "tool_calls": [call("call_a"), call("call_b")]},
            {"role": "tool", "tool_call_id": "call_b", "content": "second"},
            {"role": "tool", "tool_call_id": "call_a", "content": ""},
        ],
        "tools": [{"type": "function", "function": {"name": "look"}}, {"type": "web_search"}],
        "temperature": 0,
        "tool_choice": "auto",
        "stop": ["a", "b"],
        "user": None,
    }
    usage = {"prompt_tokens": 1000000, "completion_tokens": 5, "total_tokens": 1000005}
    answer = completion(
        {"content": "Hello,\n\nworld ", "tool_calls": [call("call_c")], "annotations": []},
        model="gpt-4o-mini-2024-07-18",
        usage=usage,
        service_tier="default",
        reason="tool_calls",
    )

    text = told(answered(answer, request=request)).split("\n")
    version = text.pop(-3)
    assert version.startswith("price source: genai-prices ")
    assert text == [
        "request: openai gpt-4o-mini",
        "  system:",
        "    | Be brief.",
        "    | Be kind.",
        "  user: See",
        "  user image_url: <image/png, 308 bytes, sha256 218fa026…>",
        '  assistant calls <id 1>: look {"a": "x", "b": 1}',
        '  assistant calls <id 2>: look {"a": "x", "b": 1}',
        "  tool <id 2>: second",
        "  tool <id 1>: (nothing)",
        "  tools: look, web_search",
        '  stop: ["a", "b"]',
        "  temperature: 0",
        "  tool_choice: auto",
        "answer: gpt-4o-mini-2024-07-18",
        "  text:",
        "    | Hello,",
        "    |",
        "    | world\\x20",
        "  tool call <id 3>: look",
        "    {",
        '      "a": "x",',
        '      "b": 1',
        "    }",
        "  finish reason: tool_calls",
        "usage:",
        "  input_tokens: 1000000",
        "  output_tokens: 5",
        "cost metadata:",
        "  streaming_mode: false",
        "  tier: default",
        "  images:",
        "    - height: 0",
        "      width: 0",
        "cost: 0.150003 USD",
        "status: complete",
        "ending: clean",
    ]


def test_messages():
    """Blocks keep their order; calls of the provider's own tools stand beside their results."""
    request = {
        "model": "claude-m",
        "max_tokens": 9,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": "look"},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
                    {"type": "redacted_thinking", "data": "abc"},
                    {"type": "tool_use", "id": "toolu_a", "name": "look", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_a", "content": "seen", "is_error": True},
                    {
                        "type": "image",
                        "source": {
                            "type": "base64",
                            "media_type": "image/png",
                            "data": PICTURE.partition(",")[2],
                        },
                    },
                    {
                        "type": "document",
                        "source": {"type": "text", "media_type": "text/plain", "data": "words"},
                    },
                ],
            },
        ],
    }
    found = [
        {"type": "web_search_result", "title": "T", "url": "u", "encrypted_content": "e", "page_age": "1 day"}
    ]
    cited = {
        "type": "web_search_result_location",
        "title": "T",
        "url": "u",
        "encrypted_index": "x",
        "cited_text": "c",
    }
    body = b"".join(
        (
            started(),
            thought(0, ["first ", "second"], "c2lnbmF0dXJl"),
            block(1, type="redacted_thinking", data="c2VjcmV0"),
            called(2, '{"query": "q"}', ident="srvtoolu_1", name="web_search", kind="server_tool_use"),
            block(3, type="web_search_tool_result", tool_use_id="srvtoolu_1", content=found),
            block(
                4,
                {"type": "text_delta", "text": "Seen."},
                {"type": "citations_delta", "citation": cited},
                type="text",
                text="",
            ),
            called(5, '{"a": [1', ident="toolu_b"),
            reason("stop_sequence", stop_sequence="END"),
            STOP,
        )
    )

    text = told(answered(body, url=MESSAGES, request=request))
    assert text.split("\n") == [
        "request: anthropic claude-m, streamed",
        "  system: Be brief.",
        "  user: look",
        "  assistant thinking: hm",
        "  assistant redacted_thinking: <masked>",
        "  assistant calls <id 1>: look {}",
        "  user tool_result <id 1>, an error: seen",
        "  user image: <image/png, 308 bytes, sha256 218fa026…>",
        "  user document: words",
        "  max_tokens: 9",
        "answer: claude-m",
        "  thinking:",
        "    | first second",
        "    signature: <masked>",
        "  redacted thinking: <masked>",
        "  server_tool_use <id 2>: web_search",
        "    {",
        '      "query": "q"',
        "    }",
        "  web_search_tool_result <id 2>:",
        "    content:",
        "      - type: web_search_result",
        "        title: T",
        "        url: u",
        "  text:",
        "    | Seen.",
        "    citation web_search_result_location:",
        "      cited_text: c",
        "      title: T",
        "      url: u",
        "  tool call <id 3>: look",
        "    arguments that are no JSON:",
        '      | {"a": [1',
        "  finish reason: stop_sequence (stop)",
        "  stop sequence: END",
        "usage:",
        "  input_tokens: 9",
        "  output_tokens: 5",
        "cost metadata:",
        "  streaming_mode: true",
        "  images:",
        "    - height: 0",
        "      width: 0",
        "status: complete",
        "ending: clean",
    ]


def test_responses():
    """Items of the Responses API, in the request as in the answer, with the ids that join them."""
    request = {
        "model": "m",
        "instructions": "Be brief.",
        "previous_response_id": "resp_0",
        "input": [
            {
                "role": "user",
                "content": [{"type": "input_image", "image_url": "https://pictures.test/a.png"}],
            },
            {"type": "reasoning", "id": "rs_0", "summary": [], "encrypted_content": "abc"},
            {"type": "function_call", "id": "fc_0", "call_id": "call_0", "name": "look", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_0", "output": "seen"},
            {"type": "item_reference", "id": "msg_0"},
        ],
    }
    body = {
        "id": "resp_1",
        "object": "response",
        "created_at": 1700000000,
        "model": "m-1",
        "status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"},
        "output": [
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Think."}]},
            {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "abc"},
            {
                "type": "code_interpreter_call",
                "id": "ci_1",
                "code": "a\nb",
                "container_id": "cntr_1",
                "outputs": None,
            },
            {"type": "image_generation_call", "id": "ig_1", "result": PICTURE.partition(",")[2]},
            {
                "type": "message",
                "id": "msg_1",
                "content": [
                    {
                        "type": "output_text",
                        "text": "Hello",
                        "annotations": [{"type": "url_citation", "url": "u", "start_index": 0}],
                        "logprobs": [{"token": "Hello", "logprob": -0.5}],
                    },
                    {"type": "refusal", "refusal": "No."},
                ],
            },
            {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "look", "arguments": ""},
            {"type": "custom_tool_call", "id": "ct_1", "call_id": "call_2", "name": "grep", "input": "a b"},
        ],
    }

    text = told(answered(body, url=RESPONSES, request=request))
    assert text.split("\n") == [
        "request: openai m",
        "  system: Be brief.",
        "  user input_image: https://pictures.test/a.png",
        "  assistant thinking: <masked>",
        "  assistant calls <id 1>: look {}",
        "  function_call_output <id 1>: seen",
        "  item_reference: <id 2>",
        "  previous_response_id: <id 3>",
        "answer: m-1",
        "  thinking:",
        "    | Think.",
        "  redacted thinking: <masked>",
        "  code_interpreter_call:",
        "    code:",
        "      | a",
        "      | b",
        "    container_id: <id 4>",
        "  image_generation_call:",
        "    result: <image/png, 308 bytes, sha256 218fa026…>",
        "  text:",
        "    | Hello",
        "    citation url_citation:",
        "      start_index: 0",
        "      url: u",
        "    logprobs: 1 tokens",
        "  refusal:",
        "    | No.",
        "  tool call <id 5>: look",
        "    {}",
        "  tool call <id 6>: grep",
        "    input:",
        "      | a b",
        "  finish reason: max_output_tokens (length)",
        "cost metadata:",
        "  streaming_mode: false",
        "  images:",
        "    - {}",
        "status: complete",
        "ending: clean",
    ]


def test_choices():
    """Several choices stand in the order of their index, each with its own; audio is told by its size."""
    audio = {
        "id": "audio_1",
        "data": b64encode(b"ID3" + bytes(97)).decode(),
        "transcript": "Hi",
        "expires_at": 17,
    }
    body = completion(
        {"content": "one"}, {"content": None, "refusal": "No."}, {"content": None, "audio": audio}
    )
    body["choices"].reverse()
    body["choices"][2]["logprobs"] = {"content": [{"token": "one", "logprob": -0.25}], "refusal": None}
    body["choices"][1]["content_filter_results"] = {
        "hate": {"filtered": False, "severity": "safe"},
        "violence": {"filtered": True, "severity": "high"},
    }

    assert lines_of(body, end="cost metadata:").split("\n") == [
        "answer: m-1",
        "  choice 0:",
        "    text:",
        "      | one",
        "    logprobs: 1 tokens",
        "    finish reason: stop",
        "  choice 1:",
        "    refusal:",
        "      | No.",
        '    content filter violence: {"filtered": true, "severity": "high"}',
        "    finish reason: stop",
        "  choice 2:",
        "    audio:",
        "      | Hi",
        "      data: <audio/mp3, 100 bytes, sha256 9b5ac527…>",
        "      id: <id 1>",
        "      expires_at: <masked>",
        "    finish reason: stop",
    ]


def test_completions():
    """A completion of the old kind is told in the same words."""
    body = {
        "object": "text_completion",
        "model": "m",
        "choices": [{"index": 0, "text": " on", "finish_reason": "length"}],
    }
    text = told(
        answered(body, url=COMPLETIONS, request={"model": "m", "prompt": ["Go", "Come"], "echo": True})
    )

    assert text.split("\n")[:8] == [
        "request: openai m",
        "  user: Go",
        "  user: Come",
        "  echo: true",
        "answer: m",
        "  text:",
        "    |  on",
        "  finish reason: length",
    ]


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (
            {
                "error": {
                    "message": "Slow down, org-a1b2c3d4e5f6g7h8 (req_a1b2c3d4e5f6)",
                    "code": "rate_limit",
                }
            },
            429,
            "error: rate_limit: Slow down, <id 1> (<id 2>)\nhttp status: 429\nstatus: error\nending: clean",
        ),
        (b"", 503, "http status: 503\nstatus: error\nending: clean"),
        (
            b'data: {"error": {"message": "over"}}\n\n',
            200,
            "error: over\nstatus: error\nending: clean",
        ),
        (b'{"id": "chatcmpl-1", "cho', 200, "status: interrupted\nending: eof"),
    ],
    ids=["error status", "empty error", "error in the stream", "cut"],
)
def test_no_answer(body, status, expected):
    """An error is told in the provider's words, with ids in them masked; what did not come is not told."""
    assert told(answered(body, status=status)) == f"request: openai m\n{expected}".replace(
        "m\n", "m, streamed\n" if isinstance(body, bytes) and body[:4] == b"data" else "m\n", 1
    )


def test_nothing_came():
    """An exchange without a reply says why."""
    failure = Failure("connect", "httpx2.ConnectError", "refused")
    one = Interaction(
        Request("GET", "https://a.test/", (), b""), None, ending=Ending("error", failure=failure)
    )

    assert told(one) == (
        "request: GET https://a.test/\nreply: none\nstatus: error\nending: error\nfailure: connect (body)"
    )


def test_plain_exchange():
    """What is no model is told by method, address, and both bodies; there an id is what looks like one."""
    sent = json.dumps({"model_id": "small", "file": "file-a1b2c3d4e5f6g7"}).encode()
    reply = json.dumps(
        {"id": "small", "created_at": 17, "data": [0.5] * 20, "of": "file-a1b2c3d4e5f6g7"}
    ).encode()
    one = Interaction(
        Request("POST", "http://127.0.0.1:4711/v1/files/file-a1b2c3d4e5f6g7?a=1", (), sent),
        Head(201),
        reply,
        (len(reply),),
        Ending("closed"),
    )

    assert told(one).split("\n") == [
        "request: POST http://127.0.0.1:<port>/v1/files/<id 1>?a=1",
        "  body:",
        "    file: <id 1>",
        "    model_id: small",
        "reply: status 201",
        "  body:",
        "    created_at: <masked>",
        "    data: <20 numbers, sha256 7e5a6b91…>",
        "    id: small",
        "    of: <id 1>",
        "status: complete",
        "ending: clean",
    ]


def test_tape_joins_ids_of_several_exchanges():
    """On a tape, an id has one name throughout; that of an answer is told where a later request names it."""
    first = answered(
        {"object": "response", "id": "resp_1", "status": "completed", "output": []}, url=RESPONSES
    )
    later = {"model": "m", "input": "go on", "previous_response_id": "resp_1"}
    second = answered(
        {"object": "response", "id": "resp_2", "status": "completed", "output": []},
        url=RESPONSES,
        request=later,
    )
    text = told([first, second])

    assert text.startswith("[0]\nrequest: openai m\nanswer: model not named\n  id: <id 1>\n")
    assert "\n\n[1]\nrequest: openai m\n  user: go on\n  previous_response_id: <id 1>\nanswer: " in text
    assert 1 == text.count("  id: ")


def test_mixed_up_id_shows():
    """Two calls with one id, or a result for the other call, are another text."""
    right = completion({"tool_calls": [call("call_a"), call("call_b")]})
    wrong = completion({"tool_calls": [call("call_a"), call("call_a")]})

    assert "tool call <id 2>" in told(answered(right))
    assert told(answered(right)).replace("<id 2>", "<id 1>") == told(answered(wrong))


def test_long_texts_of_a_request_are_cut():
    """What is cut away still shows where it changes."""
    first, second = (
        told(answered(completion(), request={"model": "m", "messages": [{"role": "user", "content": text}]}))
        for text in ("a" * 1000 + "b", "a" * 1000 + "c")
    )

    assert f"  user: {'a' * 400}… <601 more characters, sha256 4ac8a348…>" == first.split("\n")[1]
    assert first != second


def test_nothing_to_tell():
    """A tape without exchanges says so."""
    assert "(nothing)" == told([])


def test_what_has_no_transcript():
    """Anything else is refused, with what is taken."""
    with pytest.raises(ConfigurationError) as refused:
        transcripts_of([answered(completion()), {"a": 1}])

    assert (
        "There is no transcript of this: {'a': 1} (dict)\n"
        "  take a call response, a stream, the session of a cassette, a Cassette, or a list of such"
    ) == str(refused.value)
