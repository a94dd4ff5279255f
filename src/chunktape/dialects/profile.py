"""Host profiles: the habits of hosts that speak chat completions, as data.

A habit that decides something has a field of its own; the others are named, because the state machine
takes all of them from everyone, and only a check of a stream asks which ones are expected where.
Percentages are shares of public recordings of the host.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

__all__ = ["PROFILES", "STRICT", "Habit", "Profile", "profile_of"]

Habit = Literal[
    "chunk_padding",  # `obfuscation` or `p` beside the event
    "comments",  # SSE comments while it waits
    "content_as_list",  # typed parts where a string belongs
    "content_filter_results",
    "content_with_finish_reason",
    "crlf",
    "data_after_finish_reason",
    "empty_ids",
    "finish_reason_key_absent",  # …until the end
    "finish_reason_repeated",
    "message_beside_delta",  # …with all the text so far
    "reasoning",  # in `reasoning` or `reasoning_content`
    "role_absent",
    "role_repeated",
    "several_ids",
    "tool_arguments_empty",
    "tool_index_missing",
    "usage_in_x_groq",
    "usage_on_every_event",
    "usage_unasked",
    "usage_with_choices",
]


@dataclass(frozen=True, slots=True)
class Profile:
    """The habits of one host; `hosts` are globs.

    Where `needs_end_marker` is False, a stream is whole without a ``[DONE]``; where
    `needs_finish_reason` is False, it is whole without a finish reason.
    """

    name: str
    hosts: tuple[str, ...] = ()
    needs_end_marker: bool = True
    needs_finish_reason: bool = True
    habits: frozenset[Habit] = frozenset()


STRICT = Profile("strict")
"""What the protocol says, for every host that is not known to differ."""

PROFILES: tuple[Profile, ...] = (
    Profile("openai", ("api.openai.com", "*.api.openai.com"), habits=frozenset({"chunk_padding"})),
    Profile(
        "azure",
        ("*.openai.azure.com", "*.services.ai.azure.com", "*.models.ai.azure.com"),
        habits=frozenset({"chunk_padding", "content_filter_results", "empty_ids"}),
    ),
    Profile(
        "openrouter",  # role 89 %, usage 78 %, comments 70 %, reason twice 35 %
        ("openrouter.ai",),
        habits=frozenset(
            {
                *("role_repeated", "usage_with_choices", "comments", "finish_reason_repeated"),
                *("content_with_finish_reason", "reasoning"),
            }
        ),
    ),
    Profile(
        "mistral",  # usage 100 %, finish with content 48 %, list 11 %, index absent 7 %
        ("api.mistral.ai",),
        habits=frozenset(
            {
                *("usage_unasked", "usage_with_choices", "content_with_finish_reason"),
                *("content_as_list", "tool_index_missing", "chunk_padding"),
            }
        ),
    ),
    Profile(
        "deepseek", ("api.deepseek.com",), habits=frozenset({"usage_with_choices", "reasoning"})
    ),  # usage 87 %
    Profile(
        "groq",  # x_groq 100 %, several ids and times 36 %
        ("api.groq.com",),
        habits=frozenset({"usage_in_x_groq", "usage_with_choices", "several_ids", "reasoning"}),
    ),
    Profile(
        "huggingface",  # key absent 83 %, no end marker 67 %
        ("router.huggingface.co", "api-inference.huggingface.co"),
        needs_end_marker=False,
        habits=frozenset({"finish_reason_key_absent"}),
    ),
    Profile(
        "perplexity",
        ("api.perplexity.ai",),
        needs_end_marker=False,
        habits=frozenset({"crlf", "message_beside_delta", "usage_on_every_event"}),
    ),
    Profile(
        "snowflake",
        ("*.snowflakecomputing.com",),
        needs_finish_reason=False,
        habits=frozenset({"empty_ids", "finish_reason_key_absent"}),
    ),
    Profile(
        "databricks",  # usage and role 100 %, empty arguments 4 of 17
        ("*.databricks.com", "*.azuredatabricks.net"),
        habits=frozenset({"usage_unasked", "usage_on_every_event", "role_repeated", "tool_arguments_empty"}),
    ),
    Profile("cloudflare", ("api.cloudflare.com",), habits=frozenset({"role_absent"})),
    Profile(
        "together",
        ("api.together.xyz", "api.together.ai"),
        habits=frozenset({"data_after_finish_reason", "role_repeated"}),
    ),
)


def profile_of(host: str | None) -> Profile:
    """Return the profile of a host, `STRICT` where none is known."""
    name = (host or "").lower()
    for profile in PROFILES:
        if any(fnmatchcase(name, glob) for glob in profile.hosts):
            return profile
    return STRICT
