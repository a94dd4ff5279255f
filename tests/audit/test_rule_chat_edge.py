"""What rules of chat completions let pass, and how they tell apart what looks alike. All data is invented."""

from __future__ import annotations

import json
from dataclasses import replace

import openai
import pin_sdk_models
import pytest
from audit_evidence import exchange, found, recorded, seeded
from audited_chat import AZURE, CLOCK, OPENAI, WEATHER, question

from chunktape.audit import sdk_model
from chunktape.audit.json_text import LEVELS
from chunktape.audit.mutation import blocks, inserted, objects, placed, rewritten, written
from chunktape.audit.rules import ENTRY_POINTS, all_rules
from chunktape.audit.rules.oai_finish import is_finish
from chunktape.loopback import chat
from chunktape.wire.message import Ending, Head

RULES = {rule.id: rule for rule in all_rules()}
HEAD = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1_795_168_800,
    "model": "gpt-4o-mini",
}


def stream(*values, asked=None, url=OPENAI, done=True, **more):
    """Return a recording of these events."""
    body = b"".join(map(written, (*values, *(["[DONE]"] if done else []))))
    one = recorded(chat("x"), asked or question(), url=url)
    return replace(one, body=body, ends=(len(body),), timing=None, **more)


def chunk(delta=None, finish=None, **more):
    """Return a chunk with one choice."""
    choice = {"index": 0, "delta": {} if delta is None else delta, "finish_reason": finish}
    return HEAD | {"choices": [choice], "usage": None} | more


def call(index, arguments, *, name=None, ident=None):
    """Return a delta with one fragment of a tool call."""
    first = {} if name is None else {"id": ident, "type": "function"}
    inner = ({} if name is None else {"name": name}) | {"arguments": arguments}
    return {"tool_calls": [{"index": index, **first, "function": inner}]}


def subjects(rule, one):
    """Return what a rule finds fault with."""
    return [hit.subject for hit in found(RULES[rule], one)]


def test_moderation_may_follow_usage():
    """OpenAI's moderation comes behind usage since July 2026, with empty choices."""
    usage = HEAD | {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
    moderation = HEAD | {"choices": [], "moderation": {"results": []}}
    one = stream(chunk({"role": "assistant", "content": "a"}), chunk(finish="stop"), usage, moderation)

    assert [] == [subject for rule in ("OAI-7", "OAI-U1", "OAI-X1") for subject in subjects(rule, one)]


def test_a_reader_that_left_is_no_ones_fault():
    """Where the reader closed the stream before its end, the missing end is told, and weighs less."""
    one = stream(chunk({"role": "assistant", "content": "a"}), done=False, ending=Ending("closed"))
    hits = list(RULES["OAI-1"].check(exchange(one)))

    assert [("left by the reader", True)] == [(hit.subject, hit.lesser) for hit in hits]
    assert [] == subjects("OAI-11", one)


def test_what_broke_off_is_not_whole():
    """A stream that the transport lost is reported by the rules that it breaks."""
    one = stream(chunk({"role": "assistant", "content": "a"}), done=False, ending=Ending("error"))

    assert [["error"], ["no end marker"], ["none"]] == [
        subjects(x, one) for x in ("SSE-10", "OAI-1", "OAI-11")
    ]


def test_an_error_is_why_there_is_no_finish_reason():
    """A stream that ends in an error has that error found, not everything that it made impossible."""
    one = stream(
        chunk(call(0, "{", name="get_time", ident="call_1")), {"error": {"message": "no", "code": 1}}
    )

    assert ["1"] == subjects("OAI-E1", one)
    assert [] == [
        subject for rule in ("OAI-11", "OAI-T5", "OAI-U1", "OAI-6") for subject in subjects(rule, one)
    ]


@pytest.mark.parametrize(
    ("finish", "found"), [("length", []), ("content_filter", []), ("tool_calls", ["no JSON"])]
)
def test_arguments_that_were_cut_short_are_half(finish, found):
    """Arguments may be half where the answer was cut short."""
    one = stream(chunk(call(0, '{"city":', name="get_weather", ident="call_1")), chunk(finish=finish))

    assert found == subjects("OAI-T5", one)


@pytest.mark.parametrize(
    ("choice", "found"), [("auto", ["'stop'"]), ("required", []), ({"type": "function"}, [])]
)
def test_a_forced_call_stops(choice, found):
    """OpenAI itself says `stop` where the request forced a call (vllm#25054)."""
    asked = question(tools=(CLOCK,), tool_choice=choice)
    one = stream(chunk(call(0, "{}", name="get_time", ident="call_1")), chunk(finish="stop"), asked=asked)

    assert found == subjects("OAI-T10", one)


def test_nothing_is_not_an_empty_object():
    """Without a parameter, no arguments are OAI-T8's; with one, they are no JSON."""
    asked = question(tools=(CLOCK, WEATHER))
    none = stream(chunk(call(0, "", name="get_time", ident="a")), chunk(finish="tool_calls"), asked=asked)
    some = stream(chunk(call(0, "", name="get_weather", ident="a")), chunk(finish="tool_calls"), asked=asked)

    assert [["empty"], []] == [subjects(rule, none) for rule in ("OAI-T8", "OAI-T5")]
    assert [[], ["no JSON"]] == [subjects(rule, some) for rule in ("OAI-T8", "OAI-T5")]


def test_calls_that_share_an_index():
    """Two calls that have one index (ollama#15457) are two: each is judged by its own arguments."""
    one = stream(
        chunk(call(0, '{"city":"a"}', name="get_weather", ident="call_1")),
        chunk(call(0, '{"city":1}', name="get_weather", ident="call_2")),
        chunk(finish="tool_calls"),
        asked=question(tools=(WEATHER,)),
    )

    assert [["index again"], []] == [subjects(rule, one) for rule in ("OAI-T1", "OAI-T3")]
    assert [[], ["'get_weather'"]] == [subjects(rule, one) for rule in ("OAI-T5", "OAI-T7")]


def test_azure_checks_later():
    """Notes of the asynchronous filter have no delta and no id, and no rule finds fault with them."""
    bare = {"id": "", "object": "", "created": 0, "model": ""}

    def note(start, end):
        offsets = {"check_offset": end, "start_offset": start, "end_offset": end}
        choice = {"index": 0, "finish_reason": None, "content_filter_results": {}}
        return bare | {"choices": [choice | {"content_filter_offsets": offsets}], "usage": None}

    asked = question(usage=False)
    said = (chunk({"role": "assistant", "content": "abcde"}), chunk(finish="stop"))
    clean = stream(*said, note(44, 47), note(47, 49), url=AZURE, asked=asked)
    short = stream(*said, note(44, 47), url=AZURE, asked=asked)
    backwards = stream(*said, note(47, 49), note(44, 47), url=AZURE, asked=asked)

    assert [] == [
        subject for rule in RULES for subject in subjects(rule, clean) if rule[:3] in {"OAI", "AZR"}
    ]
    assert ["not covered"] == subjects("AZR-4", short)
    assert ["check_offset", "start_offset", "end_offset"] == subjects("AZR-4", backwards)


def test_the_first_choice_is_azures():
    """A first choice without a delta is AZR-5's at Azure, and OAI-8's anywhere else."""
    first = chunk()
    del first["choices"][0]["delta"]
    rest = (chunk({"role": "assistant", "content": "a"}), chunk(finish="stop"))

    assert [["first delta"], []] == [subjects(x, stream(first, *rest, url=AZURE)) for x in ("AZR-5", "OAI-8")]
    assert [[], ["no delta"]] == [subjects(x, stream(first, *rest)) for x in ("AZR-5", "OAI-8")]


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ((("x-ms-served-model", "gpt-4o-mini-2024-07-18"),), []),
        ((("x-ms-served-model", "gpt-5"),), ["served model"]),
        ((("x-ms-is-spilled-over", "false"),), []),
        ((("x-ms-is-spilled-over", "True"),), ["spilled over"]),
    ],
)
def test_another_model_served(headers, found):
    """A served model is the one that was asked for, with or without its date."""
    one = stream(chunk({"role": "assistant"}, "stop"), url=AZURE, head=Head(200, None, headers))

    assert found == subjects("AZR-8", one)


def test_filtered_and_said():
    """An answer that the filter ended has a note that says what was filtered."""
    results = {"violence": {"filtered": True, "severity": "high"}}
    end = chunk(finish="content_filter")
    end["choices"][0]["content_filter_results"] = results

    assert [] == subjects("AZR-6", stream(end, url=AZURE))
    assert ["content_filter"] == subjects("AZR-6", stream(chunk(finish="content_filter"), url=AZURE))


def test_a_request_that_is_not_known_is_not_judged():
    """Rules that need the request say nothing of a reply without one."""
    one = stream(chunk(call(0, "{}", name="get_time", ident="a")), chunk(finish="tool_calls"))
    alone = replace(one, request=replace(one.request, body=b""))
    needing = [rule for rule in RULES.values() if rule.needs_request]

    assert {"OAI-15", "OAI-U1", "OAI-U2", "OAI-T6", "OAI-T7"} <= {rule.id for rule in needing}
    assert [] == [rule.id for rule in needing if rule.applies(exchange(alone))]
    assert ["'get_time'"] == subjects("OAI-T6", one)


def test_the_line_of_a_comment():
    """A comment is told with the event that it precedes, and each text once."""
    one = stream(chunk({"role": "assistant", "content": "a"}), chunk(finish="stop"))
    place = blocks(one)[1].start
    hits = list(RULES["SSE-7"].check(exchange(inserted(one, place, b": still here\n"))))

    assert [(2, ": still here")] == [(hit.event, hit.subject) for hit in hits]


def test_keys_within_a_text_are_no_keys():
    """What looks like a key twice, or like NaN, inside of a text is text."""
    one = stream(chunk({"role": "assistant", "content": '{"a":NaN,"a":1}'}), chunk(finish="stop"))

    assert [] == subjects("SSE-4", one)


def test_each_number_that_is_none_is_told_where_it_is():
    """NaN in two events is told of both, and not of a text that says so; a key twice is told once."""
    said, nan = chunk({"role": "assistant", "content": "NaN"}), chunk({"content": float("nan")})
    one = stream(said, nan, nan, chunk(finish="stop"))
    hits = RULES["SSE-4"].check(exchange(one))

    assert [(2, "NaN"), (3, "NaN")] == [(hit.event, hit.subject) for hit in hits]
    # White space around it is read away, and nothing is told again.
    again = replace(one, body=b'data: {"a":1,"a":2} \n\n', ends=(23,))
    assert ["key twice"] == subjects("SSE-4", again)


@pytest.mark.parametrize(("data", "rule"), [(b"\xff", "SSE-1"), (b"\r", "SSE-6")])
def test_events_are_counted_as_a_reader_does(data, rule):
    """Blank lines between events are no events of their own."""
    one = stream(chunk({"role": "assistant"}), chunk(finish="stop"))
    place = blocks(one)[1].start
    far = inserted(inserted(one, place + 8, data), place, b"\n\n\n\n")

    assert [2] == [hit.event for hit in RULES[rule].check(exchange(far))]


def test_what_is_nested_beyond_all_use_is_not_read():
    """A value that is nested deeper than any provider's is none, however much of it Python could read."""
    deep, high = ("[" * depth + "]" * depth for depth in (LEVELS + 1, LEVELS - 1))
    one = stream(chunk(finish="stop"))
    bodies = [replace(one, body=f"data: {text}\n\n".encode(), ends=(1,)) for text in (deep, high)]

    assert [["data"], []] == [subjects("SSE-3", each) for each in bodies]


def test_another_model_answered_at_once():
    """What the head says of the model is looked at in a reply that is no stream, too."""
    head = Head(200, None, (("x-ms-served-model", "gpt-5"), ("content-type", "application/json")))
    body = b'{"object":"chat.completion","model":"gpt-4o-mini","choices":[]}'
    one = replace(stream(url=AZURE, head=head), body=body, ends=(len(body),))

    assert ["served model"] == subjects("AZR-8", one)


def test_a_body_that_was_announced_longer():
    """A body that has fewer bytes than announced did not end well, where the wire counted them."""
    one = stream(chunk(finish="stop"), head=Head(200, None, (("content-length", "999"),)))

    assert ["length"] == subjects("SSE-10", replace(one, ending=Ending("eof"), framing="length"))
    assert [] == subjects("SSE-10", replace(one, ending=Ending("eof"), framing="chunked"))
    assert [] == subjects("SSE-10", replace(one, ending=None, framing="length"))


def test_nesting_beyond_all_bounds():
    """A stream, a request and arguments that are nested too deep are judged as what they are."""
    deep = "[" * 100_000
    one = stream(chunk(call(0, deep, name="get_time", ident="a")), chunk(finish="tool_calls"))
    broken = inserted(one, 0, f"data: {deep}\n\n".encode())
    asked = replace(broken, request=replace(broken.request, body=deep.encode()))

    assert ["data"] == subjects("SSE-3", broken)
    assert ["no JSON"] == subjects("OAI-T5", broken)
    assert [] == subjects("OAI-T6", asked)


def test_the_fields_are_those_of_the_sdk():
    """What the package knows of the SDK's models is what they are, in the version that is written down."""
    if openai.__version__ != sdk_model.OPENAI_VERSION:
        pytest.skip(f"the fields are those of openai {sdk_model.OPENAI_VERSION}")

    assert json.loads(pin_sdk_models.PLACE.read_text()) == pin_sdk_models.models()


def test_other_packages_add_rules(tmp_path, monkeypatch):
    """An entry point of another package gives rules, behind those of this one."""
    info = tmp_path / "invented-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: invented\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\nmine = invented_rules:RULES\n")
    (tmp_path / "invented_rules.py").write_text(
        "from dataclasses import replace\n"
        "from chunktape.audit.rules.sse import RULES as SSE\n"
        "RULES = (replace(SSE[0], id='MINE-1'),)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    all_rules.cache_clear()
    try:
        assert [*RULES, "MINE-1"] == [rule.id for rule in all_rules()]
    finally:
        all_rules.cache_clear()


def test_mutations_go_to_their_place():
    """A value is put into one event of a stream, and everything else stays."""
    one = recorded(chat("One two three."), question(), url=OPENAI)
    (last,) = objects(one, is_finish)
    other = rewritten(one, (last, placed(last.value, ("choices", 0, "finish_reason"), "eos")))
    before, after = ([block.value for block in blocks(each)] for each in (one, other))

    assert 1 == sum(left != right for left, right in zip(before, after, strict=True))
    assert one.timing == other.timing
    assert RULES["OAI-12"].mutate(one, seeded(1)) == other
