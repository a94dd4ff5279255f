"""``tape_markers = vcr``: a suite of pytest-recording runs on tapes without an edit."""

from __future__ import annotations

import pytest

HEAD = "import pytest\nfrom asking import aask, ask\n"
HELLO = "@pytest.mark.vcr{}\ndef test_hello():\n    assert ask('{}')\n"
INI = """\
[pytest]
asyncio_default_fixture_loop_scope = function
addopts = --strict-markers
tape_markers = vcr
"""
BESIDE = pytest.mark.parametrize("beside", [(), ("recording",)], ids=["alone", "beside it"])


def _moved(suite, source):
    suite.write("pytest.ini", INI)
    suite.write("tests/test_app.py", HEAD + source)
    return suite


@pytest.mark.parametrize("name", ["test_hello", "test_hello[a-b]"])
def test_its_cassettes_are_played(suite, name):
    """What pytest-recording has recorded is replayed from where it lies."""
    source = HELLO.format("", "one")
    if name != "test_hello":
        source = source.replace("def test_hello():", "def test_hello(text):").replace("'one'", "text")
        source = source.replace("def", "@pytest.mark.parametrize('text', ['a/b'])\ndef")
    suite.write("tests/test_app.py", HEAD + source)
    suite.run("--record-mode=once", beside=["recording"], passed=1)
    assert (suite.root / f"tests/cassettes/test_app/{name}.yaml").exists()
    _moved(suite, source).run(passed=1)
    suite.run("-n2", beside=["xdist"], passed=1)

    assert 1 == suite.asked


@BESIDE
def test_it_is_recorded_as_a_tape(suite, beside):
    """A marked test is recorded by ``--tape``, and only once where both plugins are there."""
    _moved(suite, HELLO.format("", "one")).run("--tape=once", beside=beside, passed=1)
    suite.run(beside=beside, passed=1)

    assert {"tests/cassettes/test_app/test_hello.yaml": ["tests/test_app.py::test_hello"]} == suite.cassettes
    assert 1 == suite.asked


@BESIDE
def test_its_fixtures_and_markers_are_read(suite, beside):
    """`vcr_config`, `vcr_cassette_dir` and the marker `default_cassette` mean what they meant."""
    suite.write(
        "tests/conftest.py",
        """
        import pytest

        def pytest_configure(config):
            config.addinivalue_line("markers", "default_cassette: of pytest-recording")

        @pytest.fixture(scope="module")
        def vcr_config():
            return {
                "filter_headers": ["authorization"],
                "filter_query_parameters": ["key"],
                "match_on": ["method", "path"],
                "record_mode": "once",
            }

        @pytest.fixture(scope="module")
        def vcr_cassette_dir(request):
            return str(request.config.rootpath / "kept")
        """,
    )
    source = "@pytest.mark.default_cassette('named.yaml')\n" + HELLO.format("", "one")
    _moved(suite, source).run(beside=beside, passed=1)
    _moved(suite, source.replace("one", "matched by its path")).run(beside=beside, passed=1)

    assert {"kept/named.yaml": ["tests/test_app.py::test_hello"]} == suite.cassettes
    assert 1 == suite.asked


def test_ignored_localhost_goes_live(suite):
    """``ignore_localhost`` lets it through, as vcrpy does."""
    _moved(suite, HELLO.format("(ignore_localhost=True, record_mode='once')", "one")).run(passed=1)

    assert (1, {}) == (suite.asked, suite.cassettes)


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ("('more.yaml')", "'more.yaml'"),
        ("(before_record_request=print)", "before_record_request="),
        ("(filter_query_parameters=[('session', 'x'), 'key'])", "filter_query_parameters='session'"),
    ],
)
def test_what_has_no_counterpart_is_said(suite, below, arguments, wrong):
    """What would mean something else here is an error, not left out."""
    result = _moved(suite, HELLO.format(arguments, "one")).run(errors=1)

    assert [
        f"@pytest.mark.vcr says {wrong}, which has no counterpart here",
        "  where: tests/test_app.py::test_hello",
        (
            "  understood: record_mode, match_on, ignore_hosts, allow_playback_repeats, ignore_localhost; "
            "not needed: allowed_hosts, decode_compressed_response, drop_unused_requests, filter_headers, "
            "inject_cassette, path_transformer, record_on_exception, serializer"
        ),
        (
            "  way out: mark it @pytest.mark.tape(name=None, *, record_mode=None, pace=None, match_on=None, "
            "ignore=None, normalize=None, ignore_hosts=None, redact=None, repeats=None, unplayed=None)"
        ),
    ] == below(result, "ERROR at setup of test_hello").splitlines()


def test_the_bridge_is_not_needed(suite):
    """The line that adds the bridge to vcrpy may stay in a conftest; patches of one's own are not for us."""
    _moved(suite, HELLO.format("", "one"))
    suite.write("tests/conftest.py", "from chunktape.vcrpy import vcr_config")
    suite.run("--tape=once", passed=1)
    suite.run(passed=1)
    suite.write(
        "tests/conftest.py",
        """
        import pytest, json

        @pytest.fixture
        def vcr_config():
            return {"custom_patches": [(json, "dumps", json.dumps)]}
        """,
    )
    suite.run(errors=1)

    assert 1 == suite.asked


def test_without_the_setting_nothing_is_taken(suite):
    """Markers of others are theirs until somebody says otherwise."""
    suite.write("tests/test_app.py", HEAD + HELLO.format("", "one"))
    suite.run("--tape=once", "--record-mode=once", beside=["recording"], passed=1)
    text = (suite.root / "tests/cassettes/test_app/test_hello.yaml").read_text()

    assert "recorded_by" not in text
