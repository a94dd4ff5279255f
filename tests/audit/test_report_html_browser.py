"""The HTML report in a browser: opened from disk, clicked through, and asking nobody for anything."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from dataclasses import replace

import pytest
from audit_page import tree_of
from html_result import audit, invented, paced, page, with_baseline

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    *("headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync"),
    *("disable-background-networking", "disable-component-update", "window-size=1280,900"),
)
TABS = 40

pytest.importorskip("selenium", reason="selenium drives the browser")
if not (BROWSER and DRIVER):
    pytest.skip("there is no chromium with its chromedriver", allow_module_level=True)

from random import Random  # noqa: E402 after it is known that they can be imported

from audit_evidence import recorded  # noqa: E402 after it is known that they can be imported
from audited_messages import URL, asked  # noqa: E402 after it is known that they can be imported
from selenium import webdriver  # noqa: E402 after it is known that they can be imported
from selenium.webdriver.chrome.service import Service  # noqa: E402 after it is known that they can be imported
from selenium.webdriver.common.by import By  # noqa: E402 after it is known that they can be imported
from selenium.webdriver.common.keys import Keys  # noqa: E402 after it is known that they can be imported
from selenium.webdriver.support.ui import Select, WebDriverWait  # noqa: E402 after it is known that they can be imported

from chunktape.loopback import message  # noqa: E402 after it is known that they can be imported

READY = "return document.documentElement.dataset.ready === 'yes'"
GROUND = "return getComputedStyle(document.body).backgroundColor"
ODD = "</script><img src=x onerror=alert(1)>\u202eabc\x00\ud83d <b>not bold</b>"
"""What one of the streams says."""


@contextmanager
def opened(profile, *flags):
    """Open a browser with a profile of its own."""
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in (*FLAGS, f"user-data-dir={profile}", *flags):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield browser
    finally:
        browser.quit()


@pytest.fixture(scope="module")
def streams():
    """Cassettes by name, the first of which holds hostile text, a call of a tool and reasoning."""
    random = Random(5)  # noqa: S311 - the same streams each time
    told = message(
        ["Hello ", ODD.replace("\ud83d", "HALVED"), " end"],
        thinking=["Hm ", "hm"],
        tools=[("look", '{"a":1}')],
    )
    one = recorded(told, asked(), url=URL)
    # Bytes hold no half of a character, but JSON does.
    one = replace(one, body=one.body.replace(b"HALVED", rb"\ud83d"))
    odd = paced(one, random, first=0.2, gap=0.05)
    return {"odd <i>name</i>.yaml": [odd], **dict(invented(60, seed=2, broken=0.5))}


@pytest.fixture(scope="module")
def path(streams, tmp_path_factory):
    """Return the report of an audit of them, on disk."""
    file = tmp_path_factory.mktemp("report") / "audit report.html"
    file.write_text(page(*audit(streams, more=with_baseline())), encoding="ascii")
    return file


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One browser for all tests."""
    with opened(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def shown(browser, path):
    """Open the report anew; at the end it must have complained of nothing and asked nobody."""
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(path.as_uri())
    until(browser, READY)
    while browser.execute_script("return localStorage.length"):
        # Here, and not when a test ends: Chromium clears late, upon what the next page has written by then.
        browser.execute_script("localStorage.clear()")
        _open_again(browser)
    yield browser
    assert [] == browser.get_log("browser")
    assert {"file", "data"} >= set(map(_scheme, _asked(browser)))


def _open_again(browser):
    browser.refresh()
    until(browser, READY)


def _asked(browser):
    entries = [json.loads(one["message"])["message"] for one in browser.get_log("performance")]
    return [
        one["params"]["request"]["url"] for one in entries if one["method"] == "Network.requestWillBeSent"
    ]


def _scheme(url):
    return url.partition(":")[0]


def until(browser, script, *arguments):
    """Wait until a script returns something true, and return it."""
    return WebDriverWait(browser, 10, 0.05).until(lambda _: browser.execute_script(script, *arguments))


def find(browser, selector):
    """Return the first element that a selector matches."""
    return browser.find_element(By.CSS_SELECTOR, selector)


def texts(browser, selector):
    """Return the texts of all that a selector matches."""
    script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)"
    return browser.execute_script(script, selector)


def to_stream(browser, name):
    """Go to the page of a stream by its link."""
    box = find(browser, "#stream-text")
    box.clear()
    box.send_keys(name)
    find(browser, "#streams-table tbody a").click()
    until(browser, "return !document.getElementById('stream').hidden")


def test_the_verdict_is_seen(shown):
    """A page opened from disk shows its verdict first."""
    assert "Failed" == find(shown, "#verdict h1 span:last-child").text
    assert not find(shown, "#stream").is_displayed()


@pytest.mark.parametrize("name", ["streams", "findings"])
def test_a_script_shows_what_the_file_shows(shown, path, name):
    """Rows are written alike by who made the file and by its script, but for details on demand."""
    rows = tree_of(path.read_text(encoding="ascii")).one("table", id=f"{name}-table").one("tbody").all("tr")
    script = """for (const one of document.querySelectorAll("tbody details")) one.remove();
        const cells = (row) => [...row.cells].map((one) => one.textContent);
        return [...document.querySelectorAll(arguments[0])].map(cells);"""
    drawn = shown.execute_script(script, f"#{name}-table tbody tr")

    assert len(rows) > 10
    assert [[cell.text for cell in row.all("th", "td")] for row in rows] == drawn


def test_findings_are_filtered(shown):
    """Severity, rule, provider and words each leave the findings that have them, and the count says so."""
    all_of_them = find(shown, "#findings-told").text

    Select(find(shown, "#finding-severity")).select_by_visible_text("error")
    until(shown, "return document.getElementById('findings-told').textContent !== arguments[0]", all_of_them)
    assert {"\u2715error"} == set(texts(shown, "#findings-table tbody th"))
    rule = texts(shown, "#findings-table tbody td:nth-child(2)")[0]
    errors = find(shown, "#findings-told").text
    Select(find(shown, "#finding-rule")).select_by_visible_text(rule)
    until(shown, "return document.getElementById('findings-told').textContent !== arguments[0]", errors)
    assert {rule} == set(texts(shown, "#findings-table tbody td:nth-child(2)"))
    find(shown, "#finding-text").send_keys("no such words")
    assert [] == texts(shown, "#findings-table tbody tr")
    assert f"0 of {all_of_them}" == find(shown, "#findings-told").text


def test_the_heat_table_filters(shown):
    """A warm cell leads to the findings that make it warm."""
    cell = find(shown, "#heat a[data-rule]")
    rule, provider = cell.get_attribute("data-rule"), cell.get_attribute("data-provider")

    cell.click()

    assert {rule} == set(texts(shown, "#findings-table tbody td:nth-child(2)"))
    assert {provider} == set(texts(shown, "#findings-table tbody td:nth-child(4) .over"))


def test_tables_are_sorted(shown):
    """A click on a column sorts by its numbers, the largest first, a second one turns them around."""
    button = find(shown, "#streams-table thead th:nth-child(5) button")
    column = "#streams-table tbody td:nth-child(5)"

    button.click()
    down = [int(one.replace(",", "")) for one in texts(shown, column)]
    assert ("descending", down) == (
        find(shown, "#streams-table thead th:nth-child(5)").get_attribute("aria-sort"),
        sorted(down, reverse=True),
    )
    button.click()
    up = [int(one.replace(",", "")) for one in texts(shown, column)]
    assert (sorted(up), True) == (up, up[0] < down[0])


def test_other_tables_are_sorted(shown):
    """Tables that the file holds whole are sorted, too, by value and not by text."""
    find(shown, "#section-timeline thead th:last-child button").click()

    assert ["1,204", "306", "1"] == texts(shown, "#section-timeline tbody td:last-child")


def test_more_is_shown_on_demand(shown):
    """A long list begins with its first rows, and more come at a click, with the focus among them."""
    assert 25 == len(texts(shown, "#streams-table tbody tr"))
    find(shown, "#streams-more").click()

    assert 61 == len(texts(shown, "#streams-table tbody tr"))
    assert 25 == shown.execute_script("return document.activeElement.closest('tr').sectionRowIndex")
    assert not find(shown, "#streams-more").is_displayed()


def test_the_page_of_a_stream(shown):
    """A stream's page shows its parts with their text, its waterfall and its metrics."""
    to_stream(shown, "odd")

    assert "odd <i>name</i>.yaml #1" == find(shown, "#stream-title").text.splitlines()[-1]
    assert ["Reasoning", "Text", "Tool call: look"] == texts(shown, "#stream .part h3")
    assert ["Hm hm", '{"a":1}'] == [texts(shown, "#stream .part p")[place] for place in (0, 2)]
    assert find(shown, "#stream svg.waterfall").size["width"] > 500
    assert "First output (TTFT)" in texts(shown, "#stream dt")
    assert shown.title.startswith("odd <i>name</i>.yaml #1")
    assert find(shown, "#stream-title") == shown.switch_to.active_element


def test_recorded_text_is_never_markup(shown):
    """Markup in a recording is shown as it is written, and what does not show by its number."""
    to_stream(shown, "odd")

    assert (
        "Hello </script><img src=x onerror=alert(1)>U+202EabcU+0000U+D83D <b>not bold</b> end"
        == texts(shown, "#stream .part.text p")[0]
    )
    assert [] == texts(shown, "main img, #stream b, #stream i, iframe, object")


def test_a_replay_lets_the_text_arrive(shown):
    """During a replay the text grows, in the order of the wire, until all of it is there."""
    to_stream(shown, "odd")
    whole = find(shown, "#stream .parts").text
    Select(find(shown, "#replay-speed")).select_by_visible_text("0.25\u00d7")
    button = find(shown, "#replay")

    button.click()
    assert "Pause" == button.text
    until(shown, "return document.querySelectorAll('#stream .part:not([hidden])').length === 1")
    part = find(shown, "#stream .parts").text
    assert len(part) < len(whole)
    assert part.startswith("Reasoning")
    Select(find(shown, "#replay-speed")).select_by_visible_text("10\u00d7")
    until(shown, "return document.getElementById('replay').textContent === 'Replay'")

    assert whole == find(shown, "#stream .parts").text
    assert "The replay has ended." == find(shown, "#stream [role=status]").get_attribute("textContent")


def test_a_replay_is_sought(shown):
    """The slider shows what had come by a time, and says which time it is."""
    to_stream(shown, "odd")
    slider = find(shown, "#replay-time")

    slider.send_keys(Keys.HOME)
    assert "" == find(shown, "#stream .parts").text
    assert slider.get_attribute("aria-valuetext").startswith("0 ms of ")
    slider.send_keys(Keys.END)
    assert "end" in find(shown, "#stream .parts").text


def test_the_way_back(shown):
    """Back leads to the same place of the list, with the focus on the link that was followed."""
    find(shown, "#streams-more").click()
    link = shown.find_elements(By.CSS_SELECTOR, "#streams-table tbody a")[40]
    target = link.get_attribute("href")
    shown.execute_script("arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })", link)
    place = shown.execute_script("return scrollY")

    link.click()
    until(shown, "return !document.getElementById('stream').hidden")
    assert 0 == shown.execute_script("return scrollY")
    shown.back()
    until(shown, "return document.getElementById('stream').hidden")

    assert pytest.approx(place, abs=2) == shown.execute_script("return scrollY")
    assert target == shown.switch_to.active_element.get_attribute("href")
    assert "chunktape audit" == shown.title
    shown.forward()
    until(shown, "return !document.getElementById('stream').hidden")


def test_a_page_has_an_address(shown, path):
    """The page of a stream opens from its address, and leads to its neighbours."""
    shown.get("about:blank")
    shown.get(path.as_uri() + "#/stream/3")
    until(shown, "return !document.getElementById('stream').hidden")
    first = find(shown, "#stream-title").text

    find(shown, "#stream-after").click()
    until(shown, "return document.getElementById('stream-title').innerText !== arguments[0]", first)
    assert shown.current_url.endswith("#/stream/4")
    find(shown, "#stream-back").click()
    until(shown, "return document.getElementById('stream').hidden")
    assert find(shown, "#streams-title") == shown.switch_to.active_element


def test_findings_lead_to_their_events(shown):
    """On the page of a stream a finding marks the text of its event."""
    link = next(
        one for one in shown.find_elements(By.CSS_SELECTOR, "#findings-table a") if one.is_displayed()
    )
    link.click()
    until(shown, "return !document.getElementById('stream').hidden")

    assert texts(shown, "#stream .about li code")
    for button in shown.find_elements(By.CSS_SELECTOR, "#stream .about button"):
        button.click()
        assert 1 == len(shown.find_elements(By.CSS_SELECTOR, "#stream .here"))


def test_the_theme_is_turned(shown):
    """The button turns the scheme around, says so, and a page that is opened again remembers."""
    light = shown.execute_script(GROUND)

    find(shown, "#theme").click()
    until(shown, f"{GROUND} !== arguments[0]", light)
    assert "true" == find(shown, "#theme").get_attribute("aria-pressed")
    _open_again(shown)
    assert light != shown.execute_script(GROUND)
    find(shown, "#theme").click()
    until(shown, f"{GROUND} === arguments[0]", light)
    assert "false" == find(shown, "#theme").get_attribute("aria-pressed")


def test_the_system_is_asked_for_its_scheme(shown):
    """Without a choice the page is as light or dark as its system."""
    light = shown.execute_script(GROUND)
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}

    shown.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    until(shown, "return document.getElementById('theme').getAttribute('aria-pressed') === 'true'")
    night = shown.execute_script(GROUND)
    shown.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    until(shown, "return document.getElementById('theme').getAttribute('aria-pressed') === 'false'")

    assert light != night
    assert light == shown.execute_script(GROUND)


def _tab_to(browser, selector):
    """Press Tab until an element has the focus, which must be seen each time."""
    for _ in range(TABS):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        here = browser.switch_to.active_element
        seen = browser.execute_script("return getComputedStyle(arguments[0]).outlineStyle", here)
        assert "none" != seen, here.get_attribute("outerHTML")[:200]
        if browser.execute_script("return arguments[0].matches(arguments[1])", here, selector):
            return here
    raise AssertionError(f"{TABS} tabs lead nowhere near {selector}")


def test_a_keyboard_is_enough(shown):
    """Skip, filter, sort, open a stream, replay it and go back, without a mouse."""
    first = _tab_to(shown, "a.skip")
    first.send_keys(Keys.ENTER)
    assert "main" == shown.switch_to.active_element.get_attribute("id")

    shown.execute_script("document.getElementById('streams-title').focus()")
    _tab_to(shown, "#stream-text").send_keys("odd")
    assert "1 of 61 streams" == find(shown, "#streams-told").text
    _tab_to(shown, "#streams-table thead button").send_keys(Keys.ENTER)
    assert "ascending" == find(shown, "#streams-table thead th").get_attribute("aria-sort")
    _tab_to(shown, "#streams-table tbody a").send_keys(Keys.ENTER)
    until(shown, "return !document.getElementById('stream').hidden")
    _tab_to(shown, "#replay").send_keys(Keys.SPACE)
    assert find(shown, "#replay").text in {"Pause", "Replay"}
    shown.back()
    until(shown, "return document.getElementById('stream').hidden")
    assert shown.switch_to.active_element.get_attribute("href").endswith(
        shown.execute_script("return document.querySelector('#streams-table tbody a').getAttribute('href')")
    )


@pytest.mark.parametrize("place", ["", "#/stream/0"])
def test_no_width_needs_scrolling(shown, path, place):
    """The page is never wider than its window; tables scroll within their frames."""
    shown.get("about:blank")
    shown.get(path.as_uri() + place)
    until(shown, READY)
    found = {}
    for width in (400, 800, 1600):
        shown.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
        )
        script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        found[width] = shown.execute_script(script)
    shown.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    assert {400: 0, 800: 0, 1600: 0} == found


def test_a_text_that_was_left_out_is_named(shown, tmp_path, streams):
    """A stream whose text is not in the file says which command shows it."""
    file = tmp_path / "bare.html"
    file.write_text(page(audit(streams)[0], lambda *_: None), encoding="ascii")
    shown.get(file.as_uri() + "#/stream/0")
    until(shown, "return !document.getElementById('stream').hidden")
    name = texts(shown, "#stream-title bdi")[0]

    assert f"chunktape show --live '{name}'" == texts(shown, "#stream .evidence")[0]
