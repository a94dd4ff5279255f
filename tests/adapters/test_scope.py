import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from fake_session import FakeSession

from chunktape.adapters.scope import (
    candidates,
    close_session,
    current_session,
    is_passing,
    open_session,
    open_sessions,
    passing,
)
from chunktape.errors import NetworkRefusedError


@pytest.fixture
def opened():
    """Open sessions, and close what the test has left open."""
    openings = []

    def open_one(**options):
        session = FakeSession(**options)
        openings.append(open_session(session))
        return session, openings[-1]

    yield open_one
    for opening in openings:
        close_session(opening)


def in_thread(function):
    with ThreadPoolExecutor(1, thread_name_prefix="plain") as pool:
        return pool.submit(function).result()


def in_empty_context(function, *args):
    """Run a function in a context that has no session, as a fixture's task would."""
    return contextvars.Context().run(function, *args)


def test_no_session_is_current_before_one_is_opened():
    """Without a cassette there is nothing to find."""
    assert current_session() is None
    assert open_sessions() == ()


def test_the_context_has_its_session_until_it_is_closed(opened):
    """A session is current from its opening to its closing."""
    session, opening = opened()
    during = current_session()

    close_session(opening)

    assert during is session
    assert current_session() is None


def test_a_nested_session_gives_way_to_the_outer_one(opened):
    """The inner session is current while it is open, then the outer one again."""
    outer, _ = opened(name="outer")
    inner, opening = opened(name="inner")
    during = current_session()

    close_session(opening)

    assert during is inner
    assert current_session() is outer


def test_sessions_may_be_closed_in_any_order(opened):
    """Closing the outer session first leaves the inner one current, and nothing after it."""
    _, outer = opened(name="outer")
    inner, opening = opened(name="inner")
    close_session(outer)
    during = current_session()

    close_session(opening)

    assert during is inner
    assert current_session() is None


def test_a_session_is_closed_from_another_context(opened):
    """What a fixture's task opened may be closed in its finaliser's task."""
    session, opening = opened()
    in_empty_context(close_session, opening)

    assert current_session() is None
    assert open_sessions() == ()
    assert not session.refused


def test_closing_twice_is_closing_once(opened):
    """A second close does nothing."""
    session, _ = opened(name="other")
    _, opening = opened()
    close_session(opening)
    close_session(opening)

    assert current_session() is session


def test_a_session_that_calls_itself_closed_counts_as_none(opened):
    """A closed session is not current, even before anybody has told the scope."""
    session, _ = opened()
    session.closed = True

    assert current_session() is None
    assert open_sessions() == ()


def test_a_thread_without_a_context_has_the_single_open_session(opened):
    """A plain thread belongs to the only cassette there is."""
    session, _ = opened()

    assert in_thread(current_session) is session


def test_a_context_whose_session_is_closed_has_the_single_open_one(opened):
    """A context left behind by a closed cassette counts as one without."""
    _, opening = opened(name="first")
    left = contextvars.copy_context()
    close_session(opening)
    second, _ = opened(name="second")

    assert left.run(current_session) is second


def test_a_thread_without_a_context_is_refused_where_several_are_open(opened):
    """With several cassettes open nobody can tell whose a plain thread's call is, and each is told."""
    first, _ = opened(name="a.yaml")
    second, _ = opened(name="b.yaml", can_record=True)

    with pytest.raises(NetworkRefusedError) as caught:
        in_thread(current_session)

    expected = (
        "Call refused: 2 cassettes are open and none of them belongs to this context\n"
        "  thread: plain_0\n"
        "  open: a.yaml, b.yaml\n"
        "  way out: give the thread its caller's context (asyncio.to_thread does; for an executor, "
        "submit(contextvars.copy_context().run, function)), or open one cassette at a time"
    )
    assert expected == str(caught.value)
    assert [[expected]] * 2 == [[str(error) for error in one.refused] for one in (first, second)]


def test_a_copied_context_is_not_ambiguous(opened):
    """A thread that got its caller's context has the caller's session, however many are open."""
    opened(name="outer")
    inner, _ = opened(name="inner")
    context = contextvars.copy_context()

    assert in_thread(lambda: context.run(current_session)) is inner


def test_a_session_opened_twice_is_one_session(opened):
    """Opening the same session in a fixture's context and in the test's makes nothing ambiguous."""
    session, _ = opened()
    opening = open_session(session)
    found = in_thread(candidates)
    close_session(opening)

    assert found == (session,)
    assert current_session() is session


async def test_two_tasks_never_see_one_anothers_session(opened):
    """Each of two concurrent tasks has the session that it opened itself."""
    both = asyncio.Barrier(2)

    async def task(name):
        session, opening = opened(name=name)
        await both.wait()
        seen = current_session()
        in_child = await asyncio.create_task(asyncio.to_thread(current_session))
        await both.wait()
        close_session(opening)
        return [one.name for one in (session, seen, in_child)]

    found = await asyncio.gather(task("a"), task("b"))

    assert found == [["a"] * 3, ["b"] * 3]


def test_threads_open_and_close_without_losing_one(opened):
    """Sessions opened and closed in many threads at once are all there, then all gone."""
    start = threading.Barrier(8)

    def work(_):
        start.wait()
        for _ in range(50):
            opening = open_session(session := FakeSession())
            assert current_session() is session
            close_session(opening)
        return True

    session, _ = opened()
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(8)))

    assert results == [True] * 8
    assert open_sessions() == (session,)


def test_passing_ends_with_its_block():
    """What an adapter lets through is let through inside of the block only."""
    before = is_passing()
    with passing():
        during = is_passing()

    assert (before, during, is_passing()) == (False, True, False)


def test_passing_is_the_contexts_own():
    """Another thread is not let through because this one is."""
    with passing():
        elsewhere = in_thread(is_passing)

    assert not elsewhere
