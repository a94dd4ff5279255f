"""An invented openai package as a wheel, so that environments are really made, and without a network.

It dies, hangs, prints or raises where a stream tells it to, and counts the streams that it was given.
"""

from __future__ import annotations

import zipfile

HTTPX = """
class SyncByteStream: ...
class BaseTransport: ...

class Response:
    def __init__(self, status, headers, stream):
        self.stream = stream

class Client:
    def __init__(self, transport, trust_env):
        self.transport = transport
"""

OPENAI = """
import os, sys, time
from pathlib import Path
import httpx

class DefaultHttpxClient(httpx.Client): ...

class Stream:
    def __init__(self, pieces):
        self.pieces = pieces
    def __enter__(self):
        return self
    def __exit__(self, *_):
        pass
    def __iter__(self):
        for piece in self.pieces:
            if b"die now" in piece:
                print("free(): invalid pointer", file=sys.stderr, flush=True)
                os._exit(3)
            if b"hang now" in piece:
                time.sleep(600)
            if b"print now" in piece:
                print('{"events": 77}', flush=True)
            if b"raise later" in piece and VERSION != "9.1":
                raise KeyError("it did not in 9.1")
            yield piece
    def get_final_completion(self):
        return type("Completion", (), {"choices": ()})

class Endpoint:
    def __init__(self, client):
        self.client = client
        self.chat = self.completions = self.responses = self
    def create(self, stream, **asked):
        return self.stream()
    def stream(self, **asked):
        with (Path(__file__).parent / "given").open("a") as given:
            given.write("1")
        return Stream(self.client.transport.handle_request(None).stream)

class OpenAI(Endpoint):
    def __init__(self, api_key, base_url, max_retries, http_client):
        super().__init__(http_client)
"""


def build_wheel(folder, version, *, source=OPENAI):
    """Leave a wheel of the invented package in a folder."""
    record = f"openai-{version}.dist-info"
    files = {
        "openai/__init__.py": f"VERSION = {version!r}\n{source}",
        "httpx/__init__.py": HTTPX,
        f"{record}/METADATA": f"Metadata-Version: 2.1\nName: openai\nVersion: {version}\n",
        f"{record}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{record}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{record}/RECORD"])
    with zipfile.ZipFile(folder / f"openai-{version}-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)


def given(home):
    """Return how many streams the package in an environment was given."""
    [place] = home.glob("**/site-packages/openai")
    counter = place / "given"
    return len(counter.read_text()) if counter.exists() else 0
