"""``chunktape export --to markdown``: the exchange as a person reads it, of which nothing becomes markup."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chunktape.audit.printable import printable
from chunktape.cli.export_markdown import export, fenced
from chunktape.tape.interaction import Interaction
from chunktape.wire.message import Ending, Failure, Head, Request

STREAM = Head(200, "OK", (("content-type", "text/event-stream"),), "HTTP/1.1")
DOCUMENT = Head(200, "OK", (("content-type", "application/json"),))
RESET = Failure("reset", "httpx2.ReadError", "Connection reset by peer")
# All kinds of blocks that our own words make; anything else was made by a recording.
OURS = {"heading", "paragraph", "bullet_list", "list_item", "inline", "fence"}
INLINE = {"text", "code_inline", "strong_open", "strong_close", "html_inline", "softbreak"}

REQUEST = {
    "model": "gpt-4o-mini",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather in ```Zürich```?"},
        {
            "role": "assistant",
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city":"Z"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "12 °C"},
    ],
    "tools": [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}],
    "stream": True,
    "temperature": 0.5,
}
REPLY = {
    "id": "chatcmpl-1",
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "reasoning_content": "Let me think.",
                "content": "12 °C.\n\n# Not a heading",
                "refusal": None,
                "annotations": [
                    {"type": "url_citation", "url_citation": {"url": "https://a.test", "title": "T"}}
                ],
                "tool_calls": [
                    {
                        "id": "call_2",
                        "type": "function",
                        "function": {"name": "stop", "arguments": "{no json"},
                    }
                ],
            },
            "finish_reason": "tool_calls",
        }
    ],
    "usage": {"prompt_tokens": 1200, "completion_tokens": 3, "total_tokens": 1203},
}
SHOWN = """\
# `tape.yaml`

## 1. POST `https://api.openai.com/v1/chat/completions`

### Request

* model: `gpt-4o-mini`

**system**

```text
Be brief.
```

**user**

````text
Weather in ```Zürich```?
````

**assistant calls** `weather` `call_1`

```json
{
  "city": "Z"
}
```

**tool call_1**

```text
12 °C
```

**tools**

```json
[
  {
    "type": "function",
    "function": {
      "name": "weather",
      "parameters": {
        "type": "object"
      }
    }
  }
]
```

* temperature: 0.5

### Answer

* model: `gpt-4o-mini-2024-07-18`
* id: `chatcmpl-1`

**thinking**

```text
Let me think.
```

**text**

```text
12 °C.

# Not a heading
```

**tool call** `stop` `call_2`

arguments that are no JSON:

```text
{no json
```

**citation url_citation**

```json
{
  "url": "https://a.test",
  "title": "T"
}
```

* finish reason: `tool_calls`

### Facts

* 200 OK · 1 chunk · BYTES bytes · first chunk after 100 ms · 1.25 s in all · ending: eof
* provider: `openai`
* usage: input_tokens 1,200, output_tokens 3
"""


@pytest.fixture
def shown(command, cassette, interaction):
    """Return a function that exports one interaction."""
    return lambda *pieces, **more: command("export", cassette(interaction(*pieces, **more))).stdout


def test_an_exchange(shown):
    """Messages, tools, thinking, text, calls with their arguments, citations, and the facts below."""
    request = Request("POST", "https://api.openai.com/v1/chat/completions", (), json.dumps(REQUEST).encode())

    body = json.dumps(REPLY).encode()
    expected = SHOWN.replace("BYTES", str(len(body)))

    found = shown(body, head=DOCUMENT, request=request)

    # What it cost is told only where prices are installed.
    assert expected == found[: len(expected)]
    assert [] == [line for line in found[len(expected) :].splitlines() if not line.startswith("* ")]


def test_a_refusal(shown):
    """A refusal is told as one."""
    body = {"choices": [{"index": 0, "message": {"role": "assistant", "refusal": "No."}}]}

    assert "**refusal**\n\n```text\nNo.\n```\n" in shown(json.dumps(body).encode(), head=DOCUMENT)


def test_several_answers(shown):
    """Each answer of a request that asked for several has its own heading."""
    choices = [{"index": index, "message": {"content": f"number {index}"}} for index in (0, 1)]

    found = shown(json.dumps({"choices": choices}).encode(), head=DOCUMENT)

    headings = [line for line in found.splitlines() if line.startswith("####")]
    assert (["#### Choice 0", "#### Choice 1"], True) == (headings, "```text\nnumber 1\n```" in found)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            {"ending": Ending("error", None, RESET)},
            "ending: error (reset: Connection reset by peer)",
            id="reset",
        ),
        pytest.param({"ending": Ending("cancelled")}, "ending: cancelled, without an end marker", id="cut"),
        pytest.param(
            {"head": None, "pieces": (), "ending": Ending("cancelled")},
            "ending: cancelled, before a reply came",
            id="no reply",
        ),
        pytest.param(
            {"head": Head(429), "pieces": (b'{"error":{"code":"slow_down","message":"Wait."}}',)},
            "slow_down: Wait.",
            id="an error of the provider",
        ),
    ],
)
def test_what_went_wrong_comes_first(shown, given, expected):
    """Below the address, before all else, is said what went wrong."""
    pieces = given.pop("pieces", (b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n',))

    after = shown(*pieces, **given).partition("\n## ")[2].partition("\n\n")[2]

    assert after.startswith(f"**Went wrong**\n\n```text\n{expected}\n```\n\n")


def test_what_is_no_model(shown):
    """An exchange with anything else is its bodies."""
    request = Request("PUT", "https://a.test/x", (), b'{"a": 1}')

    found = shown(b"fine", head=Head(201, "Created", (("content-type", "text/plain"),)), request=request)

    assert found.startswith(
        "# `tape.yaml`\n\n## 1. PUT `https://a.test/x`\n\n### Request\n\n**body**\n\n"
        '```json\n{\n  "a": 1\n}\n```\n\n### Reply\n\n* status: 201\n\n'
        "**body**\n\n```text\nfine\n```\n\n### Facts\n"
    )


HOSTILE = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from([
            *("`", "```", "````\n", "~~~", "\n", "\r", "\n\n", "# ", "* ", "- ", "1. ", "> ", "|", "<b>"),
            *("<!--", "</code>", "](x)", "![", "https://a.test", "@you", "&lt;", "\\", "**", "__", "\t"),
            *("\x1b[2J", "    ", "[a]: b\n", "---\n", "===\n", "\u2028", "\ud800"),
            *(":smile:", "$x$", "www.a.test", "a_b_c", " "),
        ]),
        max_size=12,
    ).map("".join),
)  # fmt: skip  # read as a table


@given(HOSTILE)
def test_a_fence_holds_any_text(text):
    """A fence is closed by its end and by nothing in it."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(f"{fenced(text)}\n\nafter")

    safe = printable(text)
    assert ["fence", "paragraph_open", "inline", "paragraph_close"] == [one.type for one in tokens]
    assert f"{safe}\n" == tokens[0].content


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HOSTILE, HOSTILE, st.booleans())
def test_nothing_recorded_becomes_markup(text, name, streamed):
    """Whatever a recording says and however it names its things, the document has our structure only."""
    message = {
        "role": text or "user",
        "name": name,
        "content": [{"type": name, "text": text}, {"type": text}],
    }
    calls = [{"id": name, "type": "function", "function": {"name": text, "arguments": text}}]
    asked = {"model": name, "messages": [message], "tools": [{"name": text}], name: text, "x" + text: [text]}
    says = {"role": "assistant", "content": text, "tool_calls": calls, "refusal": name, name: text}
    body = {"id": text, "model": name, "choices": [{"message": says, "finish_reason": text}]}
    one = Interaction(
        Request(name, f"https://a.test/v1/chat/completions?{text}", (), json.dumps(asked).encode()),
        STREAM if streamed else Head(200, name, DOCUMENT.headers),
        json.dumps(body).encode(),
        ending=Ending("error", None, Failure("other", name, text)),
        framed=False,
        recorded_by=text,
        client=name,
    )

    made = export(name, [(1, one)]).documents[0].data.decode()

    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(made)
    kinds = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens}
    inside = {child.type for token in tokens for child in token.children or []}
    headings = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    html = {
        child.content for token in tokens for child in token.children or [] if child.type == "html_inline"
    }
    assert kinds <= OURS
    assert inside <= INLINE
    assert html <= {"<code>", "</code>"}
    assert ["Request", "Answer", "Facts"] == headings[2:]
