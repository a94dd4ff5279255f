import asyncio
import inspect
import os
import sys
from types import ModuleType, SimpleNamespace

import anthropic
import azure.core.credentials
import azure.core.pipeline.policies as azure_policies
import httpx2
import openai
import pytest
from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline import PipelineContext, PipelineRequest
from azure.core.rest import HttpRequest
from fake_session import FakeSession

from chunktape.adapters import placeholder
from chunktape.adapters.placeholder import PLACEHOLDER_KEY, PLACEHOLDER_TOKEN
from chunktape.adapters.scope import close_session, open_session

OPENAI = [openai.OpenAI, openai.AsyncOpenAI]
AZURE_OPENAI = [openai.AzureOpenAI, openai.AsyncAzureOpenAI]
ANTHROPIC = [anthropic.Anthropic, anthropic.AsyncAnthropic]
FOUNDRY = [anthropic.AnthropicFoundry, anthropic.AsyncAnthropicFoundry]
ENDPOINT = {"azure_endpoint": "https://example.openai.azure.com", "api_version": "2024-10-21"}

CLIENTS = [
    *((one, {}) for one in (*OPENAI, *ANTHROPIC)),
    *((one, ENDPOINT) for one in AZURE_OPENAI),
    *((one, {"resource": "example"}) for one in FOUNDRY),
]
PATCHED = [
    *((one, "__init__") for one, _ in CLIENTS),
    (azure.core.credentials.AzureKeyCredential, "__init__"),
    (azure_policies.BearerTokenCredentialPolicy, "on_request"),
    (azure_policies.BearerTokenCredentialPolicy, "authorize_request"),
    (azure_policies.AsyncBearerTokenCredentialPolicy, "on_request"),
    (azure_policies.AsyncBearerTokenCredentialPolicy, "authorize_request"),
    (openai._ModuleClient, "api_key"),  # noqa: SLF001 - the client behind openai.chat without a client
]


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch, tmp_path):
    """Take every credential out of the environment and off the disk."""
    for name in list(os.environ):
        if name.startswith(("OPENAI_", "AZURE_", "ANTHROPIC_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.fixture
def cassette():
    """Open sessions with placeholders on, as the first one does, and leave them at the end."""
    openings = []

    def open_one(**options):
        openings.append(open_session(FakeSession(**options)))
        placeholder.install()

    yield open_one
    placeholder.uninstall()
    for opening in openings:
        close_session(opening)


@pytest.fixture
def replay(cassette):
    cassette()


@pytest.mark.parametrize(("client", "options"), CLIENTS)
@pytest.mark.parametrize("key", [{}, {"api_key": None}, {"api_key": ""}], ids=["absent", "None", "empty"])
@pytest.mark.usefixtures("replay")
def test_a_client_without_a_key_gets_the_placeholder(client, options, key):
    """Every client that is built without credentials in replay has the placeholder as its key."""
    environment = dict(os.environ)

    assert client(**options, **key).api_key == PLACEHOLDER_KEY
    assert dict(os.environ) == environment


@pytest.mark.parametrize(("client", "options"), CLIENTS)
@pytest.mark.usefixtures("replay")
def test_a_clients_own_key_stays(client, options):
    """A key that was given is used."""
    assert client(api_key="mine", **options).api_key == "mine"


@pytest.mark.parametrize(
    ("client", "options", "variable"),
    [
        *((one, {}, "OPENAI_API_KEY") for one in OPENAI),
        *((one, {}, "ANTHROPIC_API_KEY") for one in ANTHROPIC),
        *((one, ENDPOINT, "AZURE_OPENAI_API_KEY") for one in AZURE_OPENAI),
        *((one, {"resource": "example"}, "ANTHROPIC_FOUNDRY_API_KEY") for one in FOUNDRY),
    ],
)
@pytest.mark.usefixtures("replay")
def test_the_environments_key_stays(client, options, variable, monkeypatch):
    """A key in the environment is used, and an empty one is none."""
    monkeypatch.setenv(variable, "")
    without = client(**options).api_key
    monkeypatch.setenv(variable, "mine")

    assert (without, client(**options).api_key) == (PLACEHOLDER_KEY, "mine")


@pytest.mark.parametrize(
    ("client", "options"),
    [
        *((one, {"admin_api_key": "mine"}) for one in OPENAI),
        *((one, {"_enforce_credentials": False}) for one in OPENAI),
        *((one, ENDPOINT | {"azure_ad_token": "mine"}) for one in AZURE_OPENAI),
        *((one, ENDPOINT | {"azure_ad_token_provider": lambda: "mine"}) for one in AZURE_OPENAI),
        *((one, {"auth_token": "mine"}) for one in ANTHROPIC),
        *((one, {"credentials": lambda **_: None}) for one in ANTHROPIC),
        *((one, {"resource": "r", "azure_ad_token_provider": lambda: "mine"}) for one in FOUNDRY),
    ],
)
@pytest.mark.usefixtures("replay")
def test_other_credentials_leave_no_room_for_a_key(client, options):
    """Who signs in by other means than a key gets none."""
    assert client(**options).api_key != PLACEHOLDER_KEY


@pytest.mark.parametrize("variable", ["ANTHROPIC_AUTH_TOKEN", "OPENAI_ADMIN_KEY", "AZURE_OPENAI_AD_TOKEN"])
@pytest.mark.usefixtures("replay")
def test_other_credentials_of_the_environment_leave_no_room_for_a_key(variable, monkeypatch):
    """Who signs in by another variable gets no key either."""
    monkeypatch.setenv(variable, "mine")
    built = {
        "ANTHROPIC_AUTH_TOKEN": anthropic.Anthropic,
        "OPENAI_ADMIN_KEY": openai.OpenAI,
        "AZURE_OPENAI_AD_TOKEN": lambda: openai.AzureOpenAI(**ENDPOINT),
    }[variable]()

    assert built.api_key != PLACEHOLDER_KEY


@pytest.mark.parametrize("client", ANTHROPIC)
@pytest.mark.usefixtures("replay")
def test_a_profile_on_the_disk_stays(client, monkeypatch, tmp_path):
    """A profile that anthropic discovers brings an endpoint with it, which is the user's."""
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    profile = tmp_path / "configs" / "default.json"
    profile.parent.mkdir()
    profile.write_text(
        '{"base_url": "https://anthropic.example.com", "authentication": {"type": "user_oauth"}}',
        encoding="utf-8",
    )

    built = client()

    assert built.api_key is None
    assert str(built.base_url).startswith("https://anthropic.example.com")


@pytest.mark.parametrize("records", ["it records", "the inner one records", "there is none"])
def test_a_session_that_may_record_never_sees_a_placeholder(records, cassette):
    """Where a call may go live, a client without a key complains as ever."""
    if records == "the inner one records":
        cassette(name="outer")
    if records != "there is none":
        cassette(can_record=True)
    else:
        placeholder.install()

    with pytest.raises(openai.OpenAIError, match="Missing credentials"):
        openai.OpenAI()

    assert anthropic.Anthropic().api_key is None


@pytest.mark.usefixtures("replay")
def test_a_subclass_gets_the_placeholder_through_super():
    """A subclass of the user's, with a constructor of its own, is still its class and has the key."""

    class Mine(openai.OpenAI):
        def __init__(self, flavour):
            super().__init__(max_retries=7)
            self.flavour = flavour

    built = Mine("sweet")

    assert (built.api_key, built.max_retries, built.flavour) == (PLACEHOLDER_KEY, 7, "sweet")
    assert isinstance(built, openai.OpenAI)


@pytest.mark.usefixtures("replay")
def test_a_copy_of_a_client_keeps_the_placeholder():
    """`with_options` builds a client of the same kind."""
    assert openai.OpenAI().with_options(timeout=3).api_key == PLACEHOLDER_KEY
    assert openai.AzureOpenAI(**ENDPOINT).with_options(timeout=3).api_key == PLACEHOLDER_KEY
    assert anthropic.Anthropic().with_options(timeout=3).api_key == PLACEHOLDER_KEY


@pytest.mark.usefixtures("replay")
def test_endpoints_stay_the_users():
    """Nobody invents an endpoint: without one, Azure OpenAI complains about that."""
    with pytest.raises(ValueError, match="azure_endpoint"):
        openai.AzureOpenAI(api_version="2024-10-21")


@pytest.fixture
def module_client(monkeypatch):
    """Set openai up for calls without a client, and keep the keys that it sends."""
    sent = []

    def answer(request):
        sent.append(request.headers.get("authorization") or request.headers.get("api-key"))
        return httpx2.Response(200, json={"object": "list", "data": []})

    settings = {"_client": None, "api_key": None, "api_version": "2024-10-21"}
    with httpx2.Client(transport=httpx2.MockTransport(answer)) as client:
        for name, value in (settings | {"http_client": client}).items():
            monkeypatch.setattr(openai, name, value)
        yield sent


@pytest.mark.parametrize(("api_type", "prefix"), [("openai", "Bearer "), ("azure", "")])
@pytest.mark.usefixtures("replay")
def test_openai_without_a_client_sends_the_placeholder_and_keeps_none(
    api_type, prefix, module_client, monkeypatch
):
    """`openai.models…` sends the placeholder, until the module is given a key; it never stores ours."""
    monkeypatch.setattr(openai, "api_type", api_type)
    monkeypatch.setattr(openai, "azure_endpoint", "https://example.openai.azure.com")
    openai.models.list()
    stored = openai.api_key
    openai.api_key = "mine"
    openai.models.list()

    assert module_client == [f"{prefix}{PLACEHOLDER_KEY}", f"{prefix}mine"]
    assert stored in {None, "", "<missing API key>"}


# Azure.


@pytest.mark.parametrize("key", [None, ""])
@pytest.mark.usefixtures("replay")
def test_an_azure_credential_without_a_key_gets_the_placeholder(key):
    """`AzureKeyCredential(os.environ.get(…))` is built in replay whether the variable is there or not."""
    credential = azure.core.credentials.AzureKeyCredential

    assert credential(key).key == PLACEHOLDER_KEY
    assert credential(key=key).key == PLACEHOLDER_KEY


@pytest.mark.usefixtures("replay")
def test_an_azure_credential_keeps_its_key_and_its_complaints():
    """A key stays, and what is no key at all is refused as ever."""
    credential = azure.core.credentials.AzureKeyCredential

    assert credential("mine").key == "mine"
    for wrong in [{"key": 5}, {}]:
        with pytest.raises(TypeError, match="key"):
            credential(**wrong)


def test_an_azure_credential_of_a_session_that_may_record_complains(cassette):
    """Where a call may go live, None is no key."""
    cassette(can_record=True)

    with pytest.raises(TypeError, match="key must be a string"):
        azure.core.credentials.AzureKeyCredential(None)


class Entra:
    """A credential that counts how often it was asked, and answers sync or async."""

    asked = 0

    def get_token(self, *_, **__):
        self.asked += 1
        return azure.core.credentials.AccessToken("real", 2**40)


class AsyncEntra(Entra):
    async def get_token(self, *_, **__):
        return super().get_token()


def policy_request(url="https://example.com/", **options):
    return PipelineRequest(HttpRequest("GET", url), PipelineContext(None, **options))


@pytest.fixture(params=["sync", "async"])
def authorize(request):
    """Authorize a request with the policy of either kind, and return the credential and the request."""

    def by_either(*, method="on_request", **options):
        is_async = request.param == "async"
        credential = AsyncEntra() if is_async else Entra()
        name = "AsyncBearerTokenCredentialPolicy" if is_async else "BearerTokenCredentialPolicy"
        policy = getattr(azure_policies, name)(credential, "scope")
        sent = policy_request(**options)
        scopes = ["scope"] if method == "authorize_request" else []
        result = getattr(policy, method)(sent, *scopes)
        if is_async:
            asyncio.run(awaited(result))
        return credential, sent

    return by_either


async def awaited(result):
    return await result


@pytest.mark.parametrize("method", ["on_request", "authorize_request"])
@pytest.mark.parametrize(
    ("can_record", "token", "asked"),
    [(False, PLACEHOLDER_TOKEN, 0), (True, "real", 1)],
    ids=["replays", "records"],
)
def test_entra_is_asked_only_where_a_call_may_go_live(
    method, can_record, *, token, asked, authorize, cassette
):
    """In replay a request carries the placeholder token, and the credential is left in peace."""
    cassette(can_record=can_record)
    credential, sent = authorize(method=method)

    assert sent.http_request.headers["Authorization"] == f"Bearer {token}"
    assert credential.asked == asked


@pytest.mark.usefixtures("replay")
def test_a_token_over_plain_http_is_refused_in_replay_too(authorize):
    """The policy's own rule about the scheme holds, and so does the way around it."""
    with pytest.raises(ServiceRequestError, match="non-https"):
        authorize(url="http://example.com/")
    _, sent = authorize(url="http://example.com/", enforce_https=False)

    assert sent.http_request.headers["Authorization"] == f"Bearer {PLACEHOLDER_TOKEN}"
    assert "enforce_https" not in sent.context.options


# Up and down.


def attributes():
    return [vars(owner)[name] for owner, name in PATCHED]


def test_taken_away_everything_is_as_it_was():
    """Installing twice and uninstalling twice leaves every class exactly as it was found."""
    before = attributes()
    placeholder.install()
    placeholder.install()
    during = attributes()
    placeholder.uninstall()
    placeholder.uninstall()

    assert attributes() == before
    assert all(one is not other for one, other in zip(before, during, strict=True))


@pytest.mark.parametrize(("owner", "name"), PATCHED[:-1])
def test_patched_functions_look_like_their_originals(owner, name):
    """Name, documentation, signature and kind of a function are the original's."""

    def look():
        found = vars(owner)[name]
        kind = inspect.iscoroutinefunction(found)
        return found.__name__, found.__qualname__, found.__doc__, inspect.signature(found), kind

    before = look()
    placeholder.install()
    during = look()
    placeholder.uninstall()

    assert during == before


@pytest.mark.parametrize(
    ("hook", "module", "owner"),
    [
        (placeholder.patch_openai, openai, openai.OpenAI),
        (placeholder.patch_anthropic, anthropic, anthropic.Anthropic),
        (
            placeholder.patch_azure_credentials,
            azure.core.credentials,
            azure.core.credentials.AzureKeyCredential,
        ),
        (placeholder.patch_azure_policies, azure_policies, azure_policies.BearerTokenCredentialPolicy),
    ],
)
def test_an_sdk_imported_later_is_patched_once(hook, module, owner, monkeypatch):
    """A hook patches a module that comes after `install`, once; not before, nor half a module."""
    name = "on_request" if owner is azure_policies.BearerTokenCredentialPolicy else "__init__"
    before = vars(owner)[name]
    monkeypatch.delitem(sys.modules, module.__name__)
    hook(module)
    too_early = vars(owner)[name]
    placeholder.install()
    hook(ModuleType(module.__name__))
    half = vars(owner)[name]
    hook(module)
    once = vars(owner)[name]
    hook(module)
    twice = vars(owner)[name]
    placeholder.uninstall()

    assert [too_early, half, vars(owner)[name]] == [before] * 3
    assert once is twice
    assert once is not before


@pytest.mark.usefixtures("replay")
def test_an_older_sdk_with_fewer_classes_is_patched_as_far_as_it_goes():
    """A release of openai without Azure classes or a module client gets what it has room for."""

    class OpenAI:
        def __init__(self, *, api_key=None):
            self.api_key = api_key

    placeholder.patch_openai(SimpleNamespace(__name__="old_openai", OpenAI=OpenAI))

    assert OpenAI().api_key == PLACEHOLDER_KEY
