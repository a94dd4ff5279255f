"""The page of a server in a browser: live, filtered, reset, and there again when the server is."""

from __future__ import annotations

import shutil
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from served_page import CHAT, HOSTILE, MESSAGES, SHOWN, asked, fill, send, taped

from chunktape.serve import Server
from chunktape.tape import store

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    *("headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync"),
    *("disable-background-networking", "disable-component-update", "window-size=1280,900"),
)
TABS = 40

pytest.importorskip("selenium", reason="selenium drives the browser")
if not (BROWSER and DRIVER):
    pytest.skip("there is no chromium with its chromedriver", allow_module_level=True)

from selenium import webdriver  # noqa: E402 after it is known that they can be imported
from selenium.webdriver.chrome.service import Service  # noqa: E402 after it is known that they can be imported
from selenium.webdriver.common.by import By  # noqa: E402 after it is known that they can be imported
from selenium.webdriver.common.keys import Keys  # noqa: E402 after it is known that they can be imported
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402 after it is known that they can be imported

READY = "return document.documentElement.dataset.ready === 'yes'"
GROUND = "return getComputedStyle(document.body).backgroundColor"
TEXT = "return document.querySelector(arguments[0])?.textContent"
ROWS = "#requests-table tbody tr:not(.why)"
COUNT = "return document.querySelectorAll(arguments[0]).length"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One browser for all tests."""
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in (*FLAGS, f"user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield browser
    finally:
        browser.quit()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder of cassettes."""
    return fill(tmp_path_factory.mktemp("cassettes"))


@pytest.fixture
def server(folder):
    """Serve it; streams that still run when it stops are cut."""
    with Server(folder, pace="instant", grace=0) as running:
        yield running


@pytest.fixture
def page(browser, server):
    """Open the page of the server; at the end it must have complained of nothing."""
    browser.get_log("browser")
    browser.get(server.url)
    until(browser, READY)
    yield browser
    assert [] == browser.get_log("browser")
    browser.get("about:blank")


def until(browser, script, *arguments):
    """Wait until a script returns something true, and return it."""
    return WebDriverWait(browser, 10, 0.05).until(lambda _: browser.execute_script(script, *arguments))


def until_text(browser, selector, text):
    """Wait until what a selector matches says something."""
    until(browser, f"{TEXT} === arguments[1]", selector, text)


def until_rows(browser, count, rows=ROWS):
    """Wait until a table has so many rows."""
    until(browser, f"{COUNT} === arguments[1]", rows, count)


def find(browser, selector):
    """Return the first element that a selector matches."""
    return browser.find_element(By.CSS_SELECTOR, selector)


def texts(browser, selector):
    """Return the texts of all that a selector matches."""
    script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText)"
    return browser.execute_script(script, selector)


def total(browser, name):
    """Return what a tile says."""
    return find(browser, f"[data-total='{name}'] dd").text


def test_a_quiet_server(page, server):
    """Before anything was asked, the page says so, where to ask, and what there is."""
    assert "Nothing was asked yet" == find(page, "#verdict-title").text
    assert "live" == find(page, "#line-word").text
    assert f"5 recordings of 3 cassettes at {server.url} · pace instant" in find(page, "#verdict-lead").text
    assert ["0", "0", "0", "0", "5", "5"] == texts(page, ".tile dd")
    assert server.variables == dict(zip(texts(page, ".addresses b"), texts(page, ".where"), strict=True))
    until_rows(page, 5, "#served-table tbody tr")


def test_requests_show_up_as_they_come(page, server):
    """Each request stands on top as it comes, with its outcome in words, and the sums follow."""
    send(server.url + CHAT, asked("one"), session="mine")
    until_rows(page, 1)
    send(server.url + CHAT, asked("two"), fault="reset@event:3")
    until_rows(page, 2)
    until_text(page, "#requests-table .course > :last-child", "broken off")
    first, second = texts(page, ROWS)

    assert all(word in first for word in ("played", f"POST {CHAT}", "gpt-5-mini", "chat#2", "reset@event:3"))
    assert all(word in second for word in ("played", "session mine", "chat#1", "whole", "status 200"))
    assert "Every request was answered" == find(page, "#verdict-title").text
    assert ("2", "0", "3") == tuple(total(page, one) for one in ("played", "missed", "never played"))


def test_a_stream_is_running_until_it_has_ended(page, server):
    """A stream is told when it begins, and its row says when its client has left."""
    address = server.url.removeprefix("http://").split(":")
    body = b'{"model":"claude-haiku-4-5","stream":true,"messages":[{"role":"user","content":"slow"}]}'
    head = f"POST {MESSAGES} HTTP/1.1\r\nhost: a.localhost\r\nx-chunktape-pace: recorded\r\n"
    with socket.create_connection((address[0], int(address[1]))) as line:
        line.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        until_text(page, "#requests-table .course > :last-child", "running")
        until_text(page, "[data-total='running'] dd", "1")
        before = find(page, f"{ROWS} td:last-child").text
        until(page, f"{TEXT} !== arguments[1]", f"{ROWS} td:last-child", before)

    until_text(page, "#requests-table .course > :last-child", "client left")
    until_text(page, "[data-total='running'] dd", "0")


def test_a_miss_opens(page, server):
    """A miss is counted, its explanation opens and closes in place, and the tab says it."""
    send(server.url + CHAT, asked("changed"))
    until_text(page, "#verdict-title", "1 request missed")
    button = find(page, f"{ROWS} button")
    assert "false" == button.get_attribute("aria-expanded")

    button.click()
    why = find(page, "#requests-table .why pre")
    assert server.missed[0].message == why.text
    assert "closest: chat#1, differs at $.messages[0].content" in why.text
    assert "true" == button.get_attribute("aria-expanded")
    assert find(page, "#requests-table .why") == find(page, f"#{button.get_attribute('aria-controls')}")
    assert "monospace" in why.value_of_css_property("font-family")
    assert page.title.startswith("1 missed")
    send(server.url + CHAT, asked("one"))
    until_rows(page, 2)
    assert why.is_displayed()
    button.click()
    assert 0 == page.execute_script(COUNT, "#requests-table .why")


def test_requests_are_filtered(page, server):
    """Words and a box leave the requests that are like that, also of those that come later."""
    for text in ("one", "none", "two"):
        send(server.url + CHAT, asked(text), session=f"asks-{text}")
    until_rows(page, 3)

    find(page, "#request-text").send_keys("ASKS-TWO")
    assert ["chat#2"] == texts(page, f"{ROWS} td:nth-child(3)")
    assert "1 of 3 requests" == find(page, "#requests-told").text
    find(page, "#request-text").clear()
    find(page, "#request-text").send_keys(" ", Keys.BACKSPACE)
    find(page, "#request-trouble").click()
    assert 1 == page.execute_script(COUNT, ROWS)
    send(server.url + CHAT, asked("one"))
    send(server.url + CHAT, asked("none of them"))
    until_text(page, "#requests-told", "2 of 5 requests")
    assert {"missed"} == {one.split("\n")[1] for one in texts(page, f"{ROWS} th")}
    find(page, "#request-trouble").click()
    assert 5 == page.execute_script(COUNT, ROWS)


def test_what_is_served_is_filtered(page, server):
    """The list of recordings is filtered by words and by what was never played, and counts plays live."""
    send(server.url + CHAT, asked("one"))
    until_text(page, "[data-total='never played'] dd", "4")
    row = "#served-table tbody tr"

    find(page, "#served-text").send_keys("chat#")
    until_rows(page, 2, row)
    assert ["1 time", "never"] == [one.split("\n")[-1] for one in texts(page, f"{row} td:last-child")]
    assert "2 of 5 recordings" == find(page, "#served-told").text
    find(page, "#served-never").click()
    until_rows(page, 1, row)
    send(server.url + CHAT, asked("two"))
    until_text(page, f"{row} td:last-child", "1 time")


def test_much_that_is_served_comes_on_demand(page, tmp_path):
    """A long list begins with a hundred recordings, and more come at a click."""
    store.write(tmp_path / "many.yaml", [taped(str(number)) for number in range(130)])
    with Server(tmp_path, pace="instant") as server:
        page.get(server.url)
        until_rows(page, 100, "#served-table tbody tr")
        assert "130 recordings, the first 100" == find(page, "#served-told").text
        find(page, "#served-more").click()
        until_rows(page, 130, "#served-table tbody tr")
        assert not find(page, "#served-more").is_displayed()
        page.get("about:blank")


def test_a_session_is_reset(page, server):
    """Reset lets a session begin anew, the page says what was done, and the list follows."""
    for session in ("other", "mine"):
        send(server.url + CHAT, asked("one"), session=session)
    until(page, f"{COUNT} === 2", "#session-list button")
    assert ["mine\n1 request", "other\n1 request"] == texts(page, "#session-list li > span")

    find(page, "#session-list button").click()
    until(page, f"{COUNT} === 1", "#session-list button")
    assert find(page, "#reset-told").text.endswith(
        "session “mine” begins anew: equal requests get their first recording again."
    )
    assert "other\n1 request" == texts(page, "#session-list li > span")[0]
    send(f"{server.url}/-/reset", {})
    until(page, f"{COUNT} === 0", "#session-list button")
    assert find(page, "#reset-told").text.endswith("1 session begins anew, each from its first recordings.")


def test_a_server_that_records(page, provider, tmp_path):
    """The page of a proxy names its own addresses and where it records, and shows what came to be served."""
    with Server(record=tmp_path, upstream=[f"openai={provider.openai_url}"], grace=0) as server:
        page.get(server.url)
        until(page, READY)
        assert f"records into {tmp_path}" in find(page, "#verdict-lead").text
        send(server.variables["OPENAI_BASE_URL"] + "/chat/completions", asked("new"))
        until_rows(page, 1)
        until_text(page, "[data-total='recorded'] dd", "1")
        until_rows(page, 1, "#served-table tbody tr")

        assert server.variables == dict(zip(texts(page, ".addresses b"), texts(page, ".where"), strict=True))
        assert "recorded" in find(page, f"{ROWS} th").text
        page.get("about:blank")


def test_a_server_that_was_away(browser, folder):
    """The page says that the server is gone, keeps what it told, and is there again when it is."""
    with Server(folder, pace="instant", grace=0) as first:
        browser.get(first.url)
        until(browser, READY)
        send(first.url + CHAT, asked("one"))
        until_rows(browser, 1)
    until_text(browser, "#verdict-title", "The server is gone")
    assert "gone" == find(browser, "#line-word").text
    assert ["chat#1"] == texts(browser, f"{ROWS} td:nth-child(3)")
    assert browser.title.startswith("gone")

    with Server(folder, pace="instant", grace=0, port=int(first.url.rpartition(":")[2])) as second:
        until_text(browser, "#line-word", "live")
        until_rows(browser, 0)
        assert "Nothing was asked yet" == find(browser, "#verdict-title").text
        send(second.url + CHAT, asked("two"))
        until_rows(browser, 1)
        browser.get("about:blank")


def test_text_of_others_is_never_markup(page, server):
    """Markup in names, models, paths, sessions and explanations is shown as it is written."""
    send(
        server.url + CHAT, asked(HOSTILE, HOSTILE), session=HOSTILE.replace("\u202e", "").replace("\x00", "")
    )
    send(f"{server.url}/v1/<script>alert(3)</script>".replace(" ", "%20"), asked("x", HOSTILE))
    send(server.url + CHAT, asked("odd", HOSTILE))
    until_rows(page, 3)
    for button in page.find_elements(By.CSS_SELECTOR, f"{ROWS} button"):
        button.click()
    until(page, f"{COUNT} === 5", "#served-table tbody tr")
    shown = page.execute_script("return document.body.textContent")

    assert SHOWN in shown
    assert "<script>alert(3)</script>" in shown or "%3Cscript%3E" in shown
    assert 2 == page.execute_script(COUNT, ".why pre")
    assert SHOWN.replace("\u27e8U+0000\u27e9", "").replace("/", "\u2215") in "\n".join(
        texts(page, "#served-table th bdi")
    )
    assert 0 == page.execute_script(
        COUNT, "body img, body script, body b:not(header b, .addresses b), body i"
    )


@pytest.mark.parametrize(
    "does",
    [
        "document.body.insertAdjacentHTML('beforeend', '<b>x</b>')",
        "document.createElement('a').setAttribute('onclick', 'alert(1)')",
    ],
    ids=["markup", "program"],
)
def test_no_text_can_be_made_more(page, does):
    """The policy keeps the page's own script from making markup or a program of text."""
    made = page.execute_script(f"try {{ {does}; return 'made'; }} catch (error) {{ return error.name; }}")
    told = page.get_log("browser")

    assert "TypeError" == made
    assert all("TrustedHTML" in one["message"] or "TrustedScript" in one["message"] for one in told)


def test_a_base_url_is_copied(page, server):
    """A click copies the setting of an SDK, and says so."""
    grant = {"origin": server.url, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    page.execute_cdp_cmd("Browser.grantPermissions", grant)
    button = find(page, ".addresses button")
    button.click()
    until_text(page, ".addresses button", "Copied")
    read = (
        "const done = arguments[0]; navigator.clipboard.readText().then(done, (error) => done(String(error)))"
    )

    assert f"OPENAI_BASE_URL={server.url}/v1" == page.execute_async_script(read)
    until_text(page, ".addresses button", "Copy")


def test_a_pause_holds_the_list(page, server):
    """While it is paused the list stands still and counts what waits; then all of it is there."""
    send(server.url + CHAT, asked("one"))
    until_rows(page, 1)
    find(page, "#pause").click()
    send(server.url + CHAT, asked("two"))
    until_text(page, "#pause", "Go on (1 new)")

    assert 1 == page.execute_script(COUNT, ROWS)
    find(page, "#pause").click()
    assert 2 == page.execute_script(COUNT, ROWS)
    assert "Pause" == find(page, "#pause").text


def test_the_list_is_bounded(page, server):
    """The page keeps five hundred requests, and a miss longer than what was played."""
    send(server.url + CHAT, asked("none"))
    until_rows(page, 1)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: send(server.url + CHAT, asked("one")), range(520)))
    until_text(page, "[data-total='played'] dd", "520")
    until_rows(page, 500)

    assert "500 requests, kept of 521" == find(page, "#requests-told").text
    # What is out of sight has no text that is shown.
    assert "missed" in page.execute_script(TEXT, f"{ROWS}:last-child th")
    assert server.totals["missed"] == 1


def test_the_system_and_the_button_choose_the_scheme(page):
    """The page is as light or dark as its system, until the button turns it around."""
    light = page.execute_script(GROUND)
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}

    page.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    until(page, "return document.getElementById('theme').getAttribute('aria-pressed') === 'true'")
    night = page.execute_script(GROUND)
    find(page, "#theme").click()
    until(page, f"{GROUND} === arguments[0]", light)
    assert "false" == find(page, "#theme").get_attribute("aria-pressed")
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    page.execute_script("localStorage.clear()")

    assert light != night


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


def test_a_keyboard_is_enough(page, server):
    """Skip, filter, open a miss, and reset, without a mouse."""
    send(server.url + CHAT, asked("one"))
    send(server.url + CHAT, asked("none"))
    until_rows(page, 2)

    _tab_to(page, "a.skip").send_keys(Keys.ENTER)
    assert "main" == page.switch_to.active_element.get_attribute("id")
    _tab_to(page, "#request-text").send_keys("missed")
    assert 1 == page.execute_script(COUNT, ROWS)
    _tab_to(page, f"{ROWS} button").send_keys(Keys.ENTER)
    assert find(page, ".why pre").is_displayed()
    _tab_to(page, "#session-list button").send_keys(Keys.SPACE)
    until(page, f"{COUNT} === 0", "#session-list button")


@pytest.mark.parametrize("width", [400, 800, 1600])
def test_no_width_needs_scrolling(page, server, width):
    """The page is never wider than its window, with a miss opened; tables scroll within their frames."""
    send(server.url + CHAT, asked("x" * 300, "m" * 300), session="s" * 200)
    until_rows(page, 1)
    find(page, f"{ROWS} button").click()
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    wider = page.execute_script(script)
    visible = find(page, ".why pre").is_displayed()
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    assert (0, True) == (wider, visible)
