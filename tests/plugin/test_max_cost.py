"""``--tape-max-cost``: what a run may record for, also where several workers spend it together."""

from __future__ import annotations

import pytest

from chunktape.loopback import complete_chat

HEAD = "import pytest\nfrom asking import aask, ask\n"
MANY = """
@pytest.mark.tape
@pytest.mark.parametrize("number", range(6))
def test_hello(number):
    assert ask(f"{number}")
"""
REFUSED = """\
Not recorded: this run has recorded for {spent}, and --tape-max-cost allows {limit}
  call: POST {url}/chat/completions
  cassette: tests/cassettes/test_app/test_hello[{number}].yaml
  spent: {calls} for {spent}
  way out: a higher --tape-max-cost, or fewer tests at a time"""


COST = 0.0025
USAGE = {"prompt_tokens": 12, "completion_tokens": 4, "total_tokens": 16, "cost": COST}


def _answers(provider, number):
    provider.play(*(complete_chat("The fox said hello.", usage=USAGE) for _ in range(number)))


@pytest.fixture
def costly(suite, provider):
    """Return a suite of six tests, each of which records one call of the same cost."""
    suite.write("tests/test_app.py", HEAD + MANY)
    _answers(provider, 12)
    return suite


def test_limit_refuses_what_comes_after_it(costly, provider, below):
    """Once the limit is reached no further call is recorded, and the error says what was spent."""
    result = costly.run("--tape=rewrite", "--tape-max-cost=0.005", passed=2, failed=4)

    said = [line.removeprefix("E").removeprefix("   ") for line in result.outlines if line[:1] == "E"]
    expected = REFUSED.format(
        spent="$0.005", limit="$0.005", url=provider.openai_url, number=2, calls="2 calls"
    )
    assert f"chunktape.errors.NetworkRefusedError: {expected}" == "\n".join(
        [line.strip() if number == 0 else f"  {line.strip()}" for number, line in enumerate(said[:5])]
    )
    assert "2 recorded for $0.005 (provider), 4 refused" == below(result, "tape")
    assert 2 == len(provider.requests)


def test_limit_is_shared_by_workers(costly, provider, below):
    """Workers count together: apart from calls that are under way at once, nothing goes over the limit."""
    result = costly.run("--tape=rewrite", "--tape-max-cost=0.005", "-n2", beside=["xdist"])

    assert 2 <= len(provider.requests) <= 3
    assert "refused" in below(result, "tape")


def test_limit_tells_of_costs_that_are_not_known(suite, provider):
    """What nobody knows the cost of is said beside what is known; amounts are added as people do."""
    source = "@pytest.mark.tape\ndef test_hello():\n    [ask() for _ in range(15)]\n"
    suite.write("tests/test_app.py", HEAD + source)
    provider.play(complete_chat("Hello.", usage=False))
    _answers(provider, 14)
    result = suite.run("--tape=once", "--tape-max-cost=0.03", failed=1)

    assert "spent: 12 calls for $0.03, and 1 call of unknown cost" in result.stdout.str()


def test_limit_in_one_test(suite, provider):
    """The calls of one test count before the test is over; its recording is kept beside."""
    suite.write(
        "tests/test_app.py", HEAD + "@pytest.mark.tape\ndef test_hello():\n    [ask() for _ in range(9)]\n"
    )
    _answers(provider, 9)
    suite.run("--tape=once", "--tape-max-cost=0.0000001", failed=1)

    assert 1 == len(provider.requests)
    assert ["tests/cassettes/test_app/test_hello.rejected.yaml"] == list(suite.cassettes)


@pytest.mark.parametrize(
    ("args", "requests"), [(("--tape-max-cost=0",), 0), (("--tape-max-cost=100",), 6), ((), 6)]
)
def test_limits_at_the_edges(costly, provider, args, requests):
    """Nothing is recorded for nothing, everything for a lot."""
    costly.run("--tape=once", *args, **{"passed" if requests else "failed": 6})

    assert requests == len(provider.requests)


def test_replaying_costs_nothing(costly, provider):
    """A limit does not touch what is played."""
    costly.run("--tape=once", passed=6)
    costly.run("--tape-max-cost=0", passed=6)

    assert 6 == len(provider.requests)


def test_limit_without_prices(costly, provider):
    """Where prices are not known, a limit cannot be kept, so nothing is recorded."""
    costly.write(
        "tests/conftest.py",
        """
        import importlib.util
        known = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *rest: None if name == "genai_prices" else known(name, *rest)
        """,
    )
    result = costly.run("--tape=once", "--tape-max-cost=1", "-k", "0", failed=1)

    assert 0 == len(provider.requests)
    assert [
        "Not recorded: --tape-max-cost allows $1.00, and prices are not known here",
        f"call: POST {provider.openai_url}/chat/completions",
        "cassette: tests/cassettes/test_app/test_hello[0].yaml",
        'way out: pip install "chunktape[cost]"',
    ] == [
        line.removeprefix("E").strip().removeprefix("chunktape.errors.NetworkRefusedError: ")
        for line in result.outlines
        if line[:1] == "E"
    ]
