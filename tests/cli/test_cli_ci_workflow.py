"""The workflows that ``chunktape ci init`` writes: what they may do, and what they install."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml

NAMES = ("chunktape.yml", "chunktape-weekly.yml")
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
PLACE = re.compile(r"\b(steps|needs)\.(\w+)\.(?:outputs\.(\w+)|outcome)")
ACTIONS = {
    *("actions/checkout@v4", "actions/setup-python@v5"),
    *("actions/upload-artifact@v4", "actions/download-artifact@v4"),
}
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AZURE_INFERENCE_CREDENTIAL")
CHUNKTAPE = "chunktape>=0.1"
VENV = 'echo "$PWD/.venv/bin" >> "$GITHUB_PATH"'


def cassette(host):
    return f"interactions:\n- request:\n    method: POST\n    uri: https://{host}/v1/x\n"


SOURCES = {
    "openai": {"app.py": "from openai import OpenAI\nclient = OpenAI()\n"},
    "anthropic": {"src/app/a.py": "import anthropic\n"},
    "azure": {"app.py": "import os\nfrom azure.ai.inference import ChatCompletionsClient\n"},
    "azure with names": {
        "app.py": "from azure.ai.inference import ChatCompletionsClient\n"
        'os.environ["AZURE_AI_CHAT_KEY"], os.environ["AZURE_AI_CHAT_ENDPOINT"]\n'
    },
    "azure_call": {"app.py": "from chunktape import azure_call\n"},
    "Azure OpenAI": {"app.py": "from openai import AzureOpenAI\nclient = AzureOpenAI()\n"},
    "Azure OpenAI at one place": {
        "app.py": 'AsyncAzureOpenAI(azure_endpoint="https://x.openai.azure.com")\n'
    },
    "names": {"tests/a.py": "os.environ['OPENAI_API_KEY'], 'OPENAI_API_VERSION', 'STRIPE_API_KEY'\n"},
    "cassettes": {
        "tests/cassettes/test_a/a.yaml": cassette("api.anthropic.com"),
        "tests/cassettes/b.yml": cassette("me.services.ai.azure.com"),
        "tests/cassettes/c.yaml": cassette("api.openai.com"),
    },
    "not looked at": {
        ".hidden/app.py": "import openai\n",
        "env/pyvenv.cfg": "",
        "env/lib/openai.py": "import openai\n",
        "other/x.yaml": cassette("api.openai.com"),
        "app.py": "import anthropic\n",
    },
    "nothing": {},
}
VARIABLES = {
    "openai": ["secrets.OPENAI_API_KEY"],
    "anthropic": ["secrets.ANTHROPIC_API_KEY"],
    "azure": ["secrets.AZURE_INFERENCE_CREDENTIAL"],
    "azure with names": ["secrets.AZURE_AI_CHAT_KEY", "vars.AZURE_AI_CHAT_ENDPOINT"],
    "azure_call": ["secrets.AZURE_INFERENCE_CREDENTIAL", "vars.AZURE_INFERENCE_ENDPOINT"],
    "Azure OpenAI": ["secrets.AZURE_OPENAI_API_KEY", "vars.AZURE_OPENAI_ENDPOINT"],
    "Azure OpenAI at one place": ["secrets.AZURE_OPENAI_API_KEY"],
    "names": ["secrets.OPENAI_API_KEY", "vars.OPENAI_API_VERSION"],
    "cassettes": [f"secrets.{name}" for name in sorted(KEYS)],
    "not looked at": ["secrets.ANTHROPIC_API_KEY"],
    "nothing": ["secrets.OPENAI_API_KEY"],
}
PROJECT = '[project]\nname = "app"\nversion = "1"\n'
LOCK = '[[package]]\nname = "chunktape"\n'
INSTALLS = {
    "nothing": ({}, ["python -m pip install chunktape"]),
    "requirements": (
        {"requirements.txt": "openai\n", "requirements-dev.txt": CHUNKTAPE},
        ["python -m pip install -r requirements.txt -r requirements-dev.txt"],
    ),
    "requirements and setup.py": (
        {"setup.py": "", "dev-requirements.txt": CHUNKTAPE},
        ["python -m pip install -r dev-requirements.txt -e ."],
    ),
    "tools only": (
        {"pyproject.toml": "[tool.ruff]\n", "requirements/test.txt": "openai\n"},
        ["python -m pip install -r requirements/test.txt chunktape"],
    ),
    "extras": (
        {
            "pyproject.toml": f"{PROJECT}[project.optional-dependencies]\n"
            "docs=[]\ndev=['chunktape']\ntest=[]\n"
        },
        ["python -m pip install -e '.[test,dev]'"],
    ),
    "groups": (
        {"pyproject.toml": f'{PROJECT}[dependency-groups]\ndev=["chunktape"]\n'},
        ["python -m pip install 'pip>=25.1'", "python -m pip install -e . --group dev"],
    ),
    "uv": (
        {
            "pyproject.toml": f"{PROJECT}[project.optional-dependencies]\ntest=[]\n"
            "[dependency-groups]\ndev=[]\nlint=[]\n",
            "uv.lock": LOCK,
        },
        [
            "python -m pip install uv",
            'uv sync --locked --extra test --group dev --python "$(command -v python)"',
            VENV,
        ],
    ),
    "poetry": (
        {
            "pyproject.toml": "[tool.poetry]\nname='app'\n[tool.poetry.extras]\ntest=[]\n"
            "[tool.poetry.group.dev.dependencies]\nx='*'\n[tool.poetry.group.ci]\noptional=true\n",
            "poetry.lock": LOCK,
        },
        [
            "python -m pip install poetry",
            "poetry config virtualenvs.in-project true",
            "poetry install --no-interaction --with ci --extras test",
            VENV,
        ],
    ),
}


@pytest.fixture
def written(command, tmp_path):
    """Return a function that writes the workflows for some files, and returns them with what was told."""

    def run(files, *words):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = command("ci", "init", "--dir", tmp_path, *words)
        assert done.exit_code == 0, done.output
        texts = [(tmp_path / ".github/workflows" / name).read_text(encoding="utf-8") for name in NAMES]
        return [yaml.safe_load(text) for text in texts], done.stdout

    return run


def steps_of(workflows):
    """Return all steps with their job's name."""
    return [
        (name, step)
        for workflow in workflows
        for name, job in workflow["jobs"].items()
        for step in job["steps"]
    ]


@pytest.fixture(params=["nothing", "azure with names", "cassettes"])
def workflows(request, written):
    """Return both workflows for a project."""
    return written(SOURCES[request.param])[0]


def test_each_workflow_runs_when_it_should(workflows):
    """One runs for pushes and pull requests, the other weekly; none lends rights to foreign code."""
    # YAML 1.1, and so PyYAML, reads the key `on` as true; GitHub does not.
    replay, weekly = (workflow[True] for workflow in workflows)

    assert ["push", "pull_request", "workflow_dispatch"] == list(replay)
    assert ["schedule", "workflow_dispatch"] == list(weekly)
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", weekly["schedule"][0]["cron"])


def test_permissions_are_the_least(workflows):
    """Only the job that opens the pull request may write, and it sees no key."""
    expected = {
        "replay": {"contents": "read"},
        "keys": {},
        "record": {"contents": "read"},
        "propose": {"contents": "write", "pull-requests": "write"},
    }

    assert expected == {
        name: job.get("permissions", workflow["permissions"])
        for workflow in workflows
        for name, job in workflow["jobs"].items()
    }


def test_keys_are_seen_by_one_step_only(workflows):
    """Secrets reach the step that records and no other; one more learns whether they are set."""
    seen = {
        (job, step.get("name"), bool(re.search(r"!= ''", value)))
        for job, step in steps_of(workflows)
        for value in step.get("env", {}).values()
        if "secrets." in value
    }

    assert {("keys", "Look", True), ("record", "Record", False)} == seen
    assert not any("secrets." in str(step.get("with")) for _, step in steps_of(workflows))


def test_no_checkout_leaves_its_token_where_others_code_runs(workflows):
    """Jobs that run the project's code check out without leaving a token behind."""
    kept = {
        job: step.get("with", {}).get("persist-credentials", True)
        for job, step in steps_of(workflows)
        if step.get("uses") == "actions/checkout@v4"
    }

    assert {"replay": False, "record": False, "propose": True} == kept


def test_every_job_is_whole(workflows):
    """Jobs have a machine and a time limit, steps do one thing, and actions are GitHub's own, by tag."""
    for workflow in workflows:
        for job in workflow["jobs"].values():
            assert ("ubuntu-latest", True) == (job["runs-on"], 0 < job["timeout-minutes"] <= 60)
            assert all(("uses" in step) != ("run" in step) for step in job["steps"])
        assert workflow["defaults"]["run"]["shell"] == "bash"
    used = {step["uses"] for _, step in steps_of(workflows) if "uses" in step}
    assert used == ACTIONS


def test_what_is_referred_to_is_there(workflows):
    """Every job, step and output that an expression names exists, steps before they are named."""
    for workflow in workflows:
        jobs = workflow["jobs"]
        for job in jobs.values():
            needs = [job["needs"]] if "needs" in job else []
            assert set(needs) <= set(jobs)
            known = set()
            for step in job["steps"]:
                check_places(step, known, needs, jobs)
                known.add(step.get("id"))
            check_places({name: one for name, one in job.items() if name != "steps"}, known, needs, jobs)


def check_places(part, known, needs, jobs):
    for kind, name, output in PLACE.findall(yaml.safe_dump(part, width=10_000)):
        if kind == "steps":
            assert name in known
        else:
            assert name in needs
            assert output in jobs[name]["outputs"]


def test_outputs_are_written(workflows):
    """A step writes every output that its job, or a later step, reads of it."""
    for workflow in workflows:
        for job in workflow["jobs"].values():
            runs = {step.get("id"): step.get("run", "") for step in job["steps"]}
            read = re.findall(r"steps\.(\w+)\.outputs\.(\w+)", yaml.safe_dump(job, width=10_000))
            assert all(f'echo "{output}=' in runs[step] for step, output in read)


def test_shell_is_shell(workflows):
    """No step has an expression in its shell, where it would be code, and bash can read all of them."""
    scripts = [step["run"] for _, step in steps_of(workflows) if "run" in step]

    assert len(scripts) > 5
    for script in scripts:
        assert EXPRESSION.search(script) is None
        done = subprocess.run(
            ["bash", "-n"],  # noqa: S607 - the bash of this machine
            input=script,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (0, "") == (done.returncode, done.stderr)


def test_recording_waits_for_keys_and_has_a_limit(workflows):
    """Nothing is recorded without keys, nor without a limit to what it may cost."""
    weekly = workflows[1]
    record = weekly["jobs"]["record"]
    step = next(one for one in record["steps"] if one.get("id") == "record")

    assert record["if"] == "needs.keys.outputs.present == 'true'"
    assert step["env"]["MAX_COST"] == "${{ inputs.max-cost || '5.00' }}"
    assert weekly[True]["workflow_dispatch"]["inputs"]["max-cost"]["default"] == "5.00"
    assert "--tape-max-cost=$MAX_COST " in step["run"]


@pytest.mark.parametrize("name", SOURCES)
def test_variables_are_found(written, name):
    """Keys and endpoints are those of the providers that sources and cassettes speak of."""
    workflows, told = written(SOURCES[name])
    record = next(step for job, step in steps_of(workflows) if step.get("id") == "record")
    inside = [
        EXPRESSION.fullmatch(value)[1].strip() for key, value in record["env"].items() if key != "MAX_COST"
    ]

    assert VARIABLES[name] == sorted(inside)
    assert ("No provider was found" in told) == (name == "nothing")
    for place in inside:
        context, variable = place.split(".")
        assert re.search(
            rf"Actions {'secrets' if context == 'secrets' else 'variables'}: .*\b{variable}\b", told
        )


def test_an_endpoint_is_known_in_replay(written):
    """Where a provider's address is a variable, replay has it too: it is part of what is looked up."""
    workflows, _ = written(SOURCES["azure with names"])
    expected = {"AZURE_AI_CHAT_ENDPOINT": "${{ vars.AZURE_AI_CHAT_ENDPOINT }}"}

    assert [expected] * 2 == [
        step["env"] for _, step in steps_of(workflows) if step.get("id") in {"test", "replay"}
    ]


@pytest.mark.parametrize("name", INSTALLS)
def test_the_project_is_installed(written, name):
    """The project is installed as its files say, with what its tests need."""
    files, expected = INSTALLS[name]

    workflows, told = written(files)

    scripts = [step["run"].splitlines() for _, step in steps_of(workflows) if step.get("name") == "Install"]
    assert [expected] * 2 == scripts
    assert ("newest chunktape" in told) == expected[-1].endswith(" chunktape")


@pytest.mark.parametrize(
    ("name", "way_out"),
    [("uv.lock", "uv add --dev chunktape"), ("poetry.lock", "poetry add --group dev chunktape")],
)
def test_a_lock_without_chunktape_is_told(written, name, way_out):
    """A lock file that does not hold chunktape is told, with the way out."""
    expected = f"Note: {name} does not hold chunktape, so CI will not have it. Way out: {way_out}\n"

    assert expected in written({name: "", "pyproject.toml": PROJECT})[1]


@pytest.mark.parametrize(
    ("asked", "words", "expected"),
    [
        (">=3.11", (), "3.12"),
        (">=3.13,<4", (), "3.13"),
        (">=3.13", ("--python", "3.14-dev"), "3.14-dev"),
    ],
)
def test_python_is_one_that_the_project_takes(written, asked, words, expected):
    """Without the option it is 3.12, or the oldest one that the project takes."""
    workflows, _ = written({"pyproject.toml": f"{PROJECT}requires-python = '{asked}'\n"}, *words)

    versions = {
        step["with"]["python-version"]
        for _, step in steps_of(workflows)
        if "setup-python" in step.get("uses", "")
    }
    assert {expected} == versions
