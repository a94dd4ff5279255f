# ruff: noqa: INP001 a script, and no module of a package
"""Draw `serve-page.png`: the page of a server over recordings of the loopback provider, all of it scripted.

    python docs/images/make_page.py [FILE.png] [WIDTH] [HEIGHT] [light|dark]

It needs Chromium with its driver, selenium, and two free ports.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from chunktape import use_cassette
from chunktape.loopback import Provider, Reply, chat, complete_chat, error, message
from chunktape.serve import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
PROVIDER_PORT, SERVER_PORT = 8401, 8400
CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
FLAGS = ("headless=new", "no-sandbox", "disable-gpu", "hide-scrollbars", "force-device-scale-factor=1")


def asked(model: str, text: str, **more: Any) -> dict[str, Any]:
    """Return the body of a request."""
    return {"model": model, "stream": True, "messages": [{"role": "user", "content": text}], **more}


STORY = asked("gpt-5-mini", "Tell me a story about a tape.")
WEATHER = asked("gpt-5-mini", "What is the weather in Oslo?")
TITLE = asked("gpt-5-nano", "Give this story a title.", stream=False)
REVIEW = asked("claude-haiku-4-5", "Review this function.", max_tokens=200)
LONG = asked("claude-haiku-4-5", "Explain recordings.", max_tokens=900)
LIMITED = asked("claude-haiku-4-5", "And once more.", max_tokens=200)
CHANGED = asked("gpt-5-mini", "What is the weather in Bergen?")

TAPES: dict[str, list[tuple[str, dict[str, Any], Reply]]] = {
    "test_story/test_streams": [
        (CHAT, STORY, chat(model="gpt-5-mini", gap=0.01)),
        (CHAT, TITLE, complete_chat("The Tape", model="gpt-5-nano")),
    ],
    "test_tools/test_weather": [
        (CHAT, WEATHER, chat(tools=[("look_up", ['{"city":', ' "Oslo"}'])], model="gpt-5-mini", gap=0.01))
    ],
    "test_review/test_thinks": [
        (
            MESSAGES,
            REVIEW,
            message("It is fine.", thinking="Let me see what it does.", model="claude-haiku-4-5", gap=0.01),
        )
    ],
    "test_review/test_explains": [(MESSAGES, LONG, message(model="claude-haiku-4-5", gap=0.08))],
    "test_review/test_waits_for_its_turn": [(MESSAGES, LIMITED, error(429, provider="anthropic"))],
}


def send(url: str, body: dict[str, Any], **headers: str) -> None:
    """Send a request and read its answer, however it ends."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    with suppress(httpx2.HTTPError):
        httpx2.post(url, json=body, headers=sent)


def record(folder: Path) -> None:
    """Record the tapes."""
    with Provider(port=PROVIDER_PORT) as provider:
        for name, interactions in TAPES.items():
            with use_cassette(folder / f"{name}.yaml", record_mode="all"):
                for path, body, reply in interactions:
                    provider.play(reply)
                    send(provider.url + path, body)


def ask(server: Server) -> None:
    """Ask for most of it, once with a fault."""
    send(server.url + CHAT, STORY)
    send(server.url + CHAT, TITLE)
    send(server.url + MESSAGES, REVIEW, x_chunktape_session="test_review")
    send(server.url + CHAT, WEATHER, x_chunktape_session="test_weather")
    send(server.url + CHAT, STORY, x_chunktape_fault="reset@event:5")


@contextmanager
def browser(width: int, height: int, scheme: str) -> Iterator[webdriver.Chrome]:
    """Open a window of this size."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in FLAGS:
        options.add_argument(f"--{flag}")
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    seen = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", seen)
    try:
        yield driver
    finally:
        driver.quit()


def draw(file: Path, width: int, height: int, scheme: str) -> None:
    """Draw the page while one stream is running, with the miss opened."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as pool:
        record(Path(folder))
        with Server(folder, port=SERVER_PORT) as server, browser(width, height, scheme) as page:
            page.get(server.url)
            ask(server)
            running = pool.submit(send, server.url + MESSAGES, LONG, x_chunktape_session="test_review")
            wait = WebDriverWait(page, 10, 0.05).until
            wait(lambda _: page.execute_script("return !!document.querySelector('.course.info')"))
            send(server.url + CHAT, CHANGED, x_chunktape_session="test_weather")
            wait(lambda _: page.execute_script("return !!document.querySelector('#requests-table .bad')"))
            page.execute_script("document.querySelector('#requests-table tbody button').click()")
            # The animation of new rows, and the clock of the one that runs.
            wait(lambda _: page.execute_script("return document.getAnimations().length === 0"))
            page.get_screenshot_as_file(str(file))
            running.result()


if __name__ == "__main__":
    given = dict(enumerate(sys.argv[1:]))
    draw(
        Path(given.get(0, HERE / "serve-page.png")),
        int(given.get(1, "1280")),
        int(given.get(2, "800")),
        given.get(3, "light"),
    )
