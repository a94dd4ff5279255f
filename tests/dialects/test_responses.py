"""How events of the responses dialect grow into a body; built by hand where no recording shows it."""

from __future__ import annotations

import pytest
from responses_stream import CALL, added, assembled, created, delta, done, ended, event, message

from chunktape.dialects.responses import answer_of


@pytest.mark.parametrize(
    ("kind", "fields", "item"),
    [
        ("output_text", {"content_index": 0}, {"content": [{"type": "output_text", "text": "ab"}]}),
        ("refusal", {"content_index": 0}, {"content": [{"type": "refusal", "refusal": "ab"}]}),
        ("reasoning_text", {"content_index": 0}, {"content": [{"type": "reasoning_text", "text": "ab"}]}),
        (
            "reasoning_summary_text",
            {"summary_index": 0},
            {"summary": [{"type": "summary_text", "text": "ab"}]},
        ),
        ("function_call_arguments", {}, {"arguments": "ab"}),
        ("mcp_call_arguments", {}, {"arguments": "ab"}),
        ("custom_tool_call_input", {}, {"input": "ab"}),
        ("code_interpreter_call_code", {}, {"code": "ab"}),
        ("shell_call_command", {"command_index": 0}, {"action": {"commands": ["ab"]}}),
    ],
)
def test_every_kind_of_text_grows_in_its_place(kind, fields, item):
    """Pieces of a text are joined where the whole text would be, even if nothing announced the place."""
    assembly, _ = assembled(created(), delta(kind, "a", **fields), delta(kind, "b", **fields))

    (got,) = assembly.body()["output"]

    assert item == {name: value for name, value in got.items() if name not in {"type", "id"}}


def test_a_whole_text_replaces_its_pieces():
    """What `….done` says is the text, whatever the pieces were; an empty one wipes nothing."""
    text = event("response.output_text.done", output_index=0, content_index=0, text="right")
    empty = event("response.output_text.done", output_index=0, content_index=0, text="")

    assembly, _ = assembled(created(), delta("output_text", "wrong", content_index=0), text, empty)

    assert "right" == answer_of(assembly.body()).text


def test_the_pieces_handed_out_are_the_text():
    """The parts' content adds up to the text, also where a host sends text only as a whole."""
    assembly, parts = assembled(
        created(),
        delta("output_text", "He", content_index=0),
        event("response.output_text.done", output_index=0, content_index=0, text="Hello"),
        done(0, **message("Hello")),
        done(1, **message(" there")),
        ended(output=[message("Hello"), message(" there")]),
    )

    assert ["", "He", "llo", "", " there", ""] == [part.content for part in parts]
    assert "Hello there" == answer_of(assembly.body()).text


def test_a_stream_of_one_event_is_an_answer():
    """Text and tools that only the last event holds come with it."""
    call = CALL | {"arguments": "{}"}

    _, parts = assembled(ended(output=[message("Hi"), call]))

    assert [("Hi", ["look"])] == [(part.content, [tool.name for tool in part.tools]) for part in parts]


def test_an_item_that_is_done_is_taken_as_it_is():
    """The final item wins, but what had grown stays where a host leaves it empty."""
    assembly, _ = assembled(
        created(),
        added(0, type="message", status="in_progress", content=[]),
        delta("output_text", "kept", content_index=0),
        done(0, type="message", status="completed", content=[]),
    )

    (item,) = assembly.body()["output"]

    assert {
        "type": "message",
        "status": "completed",
        "content": [{"type": "output_text", "text": "kept"}],
    } == item


def test_interleaved_items_do_not_mix():
    """Deltas of two calls that come in turns belong to the call of their index."""
    assembly, _ = assembled(
        created(),
        added(0, **CALL),
        added(1, **CALL | {"call_id": "call_2"}),
        delta("function_call_arguments", '{"a"', output_index=0),
        delta("function_call_arguments", '{"b"', output_index=1),
        delta("function_call_arguments", ":1}", output_index=0),
        delta("function_call_arguments", ":2}", output_index=1),
    )

    tools = answer_of(assembly.body()).tools

    assert [("call_1", {"a": 1}), ("call_2", {"b": 2})] == [(tool.id, tool.parsed()) for tool in tools]


def test_a_tool_call_is_handed_out_once():
    """A call comes with the event that completes it, and neither the end nor `finish` repeats it."""
    item = CALL | {"arguments": "{}"}

    assembly, parts = assembled(created(), added(0, **CALL), done(0, **item), ended(output=[item]))

    assert ([0, 0, 1, 0], ()) == ([len(part.tools) for part in parts], assembly.finish())


def test_a_cut_tool_call_is_handed_out_at_the_end():
    """Arguments that are no JSON are given as they came, and raise only where they are parsed."""
    assembly, _ = assembled(created(), added(0, **CALL), delta("function_call_arguments", '{"a": '))

    (tool,) = assembly.finish()

    assert ("look", '{"a": ') == (tool.name, tool.arguments)
    with pytest.raises(ValueError, match="Expecting value"):
        tool.parsed()


def test_annotations_and_logprobs_are_collected():
    """Annotations and logprobs of a part are lists that grow, and the first event keeps its own."""
    part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    place = {"output_index": 0, "content_index": 0}
    first = event("response.content_part.added", part=part, **place)

    assembly, parts = assembled(
        created(),
        first,
        delta("output_text", "a", content_index=0, logprobs=[{"token": "a"}]),
        event("response.output_text.annotation.added", annotation={"url": "u"}, annotation_index=0, **place),
        delta("output_text", "b", content_index=0, logprobs=[{"token": "b"}]),
    )
    (block,) = answer_of(assembly.body()).first.blocks

    assert ([{"token": "a"}, {"token": "b"}], [{"url": "u"}]) == (
        block.raw["logprobs"],
        block.raw["annotations"],
    )
    assert part == parts[1].data["part"]


def test_the_status_of_a_tool_is_followed():
    """An event that says how far a built-in tool is sets the status of an item that has one."""
    assembly, _ = assembled(
        created(),
        added(0, type="web_search_call", status="in_progress"),
        added(1, type="mcp_list_tools"),
        event("response.web_search_call.searching", output_index=0),
        event("response.mcp_list_tools.completed", output_index=1),
    )

    expected = [{"type": "web_search_call", "status": "searching"}, {"type": "mcp_list_tools"}]
    assert expected == assembly.body()["output"]


def test_what_a_shell_prints_is_joined():
    """The output of a command grows by stream."""
    kind = "shell_call_output_content"

    assembly, _ = assembled(
        created(),
        delta(kind, {"stdout": "a"}, command_index=0),
        delta(kind, {"stdout": "b", "stderr": "!"}, command_index=0),
    )

    (item,) = assembly.body()["output"]
    assert [{"stdout": "ab", "stderr": "!"}] == item["output"]


def test_a_sketch_stays_until_the_image_comes():
    """A partial image is there while it is all there is."""
    sketch = event("response.image_generation_call.partial_image", output_index=0, partial_image_b64="QQ==")
    assembly, _ = assembled(created(), added(0, type="image_generation_call"), sketch)
    before = assembly.body()["output"][0]

    assembly.feed(done(0, type="image_generation_call", result="Qg=="))

    assert ("QQ==", {"type": "image_generation_call", "result": "Qg=="}) == (
        before["partial_image_b64"],
        assembly.body()["output"][0],
    )


def test_a_fragment_shows_the_call_so_far():
    """Each piece of arguments comes with the place of its call and the call as it is by then."""
    _, parts = assembled(
        created(),
        added(0, type="reasoning"),
        added(1, **CALL),
        added(2, **CALL),
        delta("function_call_arguments", '{"a"', output_index=2),
        delta("function_call_arguments", ": 1}", output_index=2),
    )

    (fragment,) = parts[-1].fragments
    assert (0, 1, ": 1}", "look", '{"a": 1}') == (
        fragment.choice,
        fragment.position,
        fragment.delta,
        fragment.so_far().name,
        fragment.so_far().arguments,
    )
