"""Known key shapes: how the keys of the providers that people use are told from any other text.

The shapes are those that their makers document, that their SDKs and examples show, and that public
scanners look for (detect-secrets 1.5, `detect_secrets/plugins`). Finds only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chunktape.tape.secret import is_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    Span = tuple[int, int]

__all__ = ["SHAPES", "Shape", "find_shapes"]

# A key does not begin inside a word; the end of a JSON or URL escape is no part of one.
_START = rb"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2}))"
_END = rb"(?![A-Za-z0-9_-])"
# Between a name and its value, in JSON (in JSON), in an ini file, in a shell.
_IS = rb"(?:\\?[\"'])?\s{0,4}[:=]\s{0,4}(?:\\?[\"'])?"


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of key: its name, how such keys begin, and a pattern with a group `secret`.

    Looking for a beginning costs next to nothing, running a pattern over a text costs a lot:
    patterns are tried where a beginning stands. `lead` is how many bytes before it that is.
    """

    name: str
    begins: tuple[bytes, ...]
    pattern: re.Pattern[bytes]
    lead: int = 0

    def find(self, data: bytes) -> Iterator[Span]:
        """Yield where such keys stand; what reads as words is none."""
        for begin in self.begins:
            at = data.find(begin)
            while at >= 0:
                match = self.pattern.match(data, at - self.lead) if at >= self.lead else None
                if match and not is_words(match["secret"].decode("latin-1")):
                    yield match.span("secret")
                at = data.find(begin, match.end() if match else at + len(begin))


def _shape(
    name: str, begins: str, body: bytes, *, before: bytes = _START, after: bytes = b"", lead: int = 0
) -> Shape:
    pattern = re.compile(before + rb"(?P<secret>" + body + rb")" + after)
    return Shape(name, tuple(begins.encode().split()), pattern, lead)


SHAPES = (
    _shape("an Anthropic key", "sk-ant-", rb"sk-ant-[A-Za-z0-9_-]{20,}"),
    _shape("an OpenAI key", "sk-", rb"sk-[A-Za-z0-9_-]{20,}"),
    _shape("an OpenAI session key", "sess-", rb"sess-[A-Za-z0-9]{32,}"),
    _shape("an OpenAI client secret", "ek_", rb"ek_[A-Za-z0-9]{24,}"),
    _shape("a Groq key", "gsk_", rb"gsk_[A-Za-z0-9]{20,}"),
    _shape("a Hugging Face token", "hf_", rb"hf_[A-Za-z0-9]{30,}"),
    _shape("a Hugging Face token", "api_org_", rb"api_org_[A-Za-z0-9]{30,}"),
    _shape("an xAI key", "xai-", rb"xai-[A-Za-z0-9]{40,}"),
    _shape("a Perplexity key", "pplx-", rb"pplx-[A-Za-z0-9]{40,}"),
    _shape("a Google key", "AIza", rb"AIza[A-Za-z0-9_-]{35}", after=_END),
    _shape("a Google key", "AQ.", rb"AQ\.[A-Za-z0-9_-]{40,}", after=_END),
    _shape("a Google access token", "ya29.", rb"ya29\.[A-Za-z0-9_-]{20,}"),
    _shape("an AWS key id", "AKIA ASIA ABIA ACCA", rb"A(?:[KSB]I|CC)A[A-Z0-9]{16}", after=_END),
    _shape(
        "an AWS secret key",
        "ecret_access_key ecretAccessKey ECRET_ACCESS_KEY ecret-access-key",
        rb"[A-Za-z0-9/+]{40}",
        before=rb"(?i:ecret[-_]?access[-_]?key)" + _IS,
        after=rb"(?![A-Za-z0-9/+=])",
    ),
    _shape(
        "an Amazon Bedrock key",
        "ABSKQmVkcm9ja0FQSUtleS bedrock-api-key-",
        rb"(?:ABSKQmVkcm9ja0FQSUtleS|bedrock-api-key-)[A-Za-z0-9+/=]{40,}",
    ),
    _shape("an Azure key", "JQQJ99", rb"[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9+/]{20,}={0,2}", lead=52),
    _shape(
        "an Azure key",
        "pi-key pi_key piKey pikey PI_KEY PI-KEY pi-Key ption-key ption-Key ption_key",
        rb"[0-9A-Fa-f]{32}",
        before=rb"(?i:pi|ption)[-_]?(?i:key)" + _IS,
        after=rb"(?![A-Za-z0-9_-])",
    ),
    _shape("an Azure storage key", "AccountKey=", rb"[A-Za-z0-9+/]{86}==", before=rb"AccountKey="),
    _shape("an Entra client secret", "Q~", rb"[A-Za-z0-9_.~-]{3}[0-9]Q~[A-Za-z0-9_.~-]{31,34}", lead=4),
    _shape("a Google client secret", "GOCSPX-", rb"GOCSPX-[A-Za-z0-9_-]{28}", after=_END),
    _shape("a Replicate token", "r8_", rb"r8_[A-Za-z0-9]{37}", after=_END),
    _shape("an NVIDIA key", "nvapi-", rb"nvapi-[A-Za-z0-9_-]{40,}"),
    _shape("a Cerebras key", "csk-", rb"csk-[a-z0-9]{40,}"),
    _shape("a Fireworks key", "fw_", rb"fw_[A-Za-z0-9]{22,}", after=_END),
    _shape("a Together key", "tgp_v1_", rb"tgp_v1_[A-Za-z0-9_-]{40,}"),
    _shape("an ElevenLabs key", "sk_", rb"sk_[0-9a-f]{48}", after=_END),
    _shape("a Vercel key", "vck_", rb"vck_[A-Za-z0-9]{40,}"),
    _shape("a Databricks token", "dapi", rb"dapi[0-9a-f]{32}(?:-[0-9])?", after=_END),
    _shape("a LangSmith key", "lsv2_", rb"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}", after=_END),
    _shape("a Pinecone key", "pcsk_", rb"pcsk_[A-Za-z0-9_]{40,}"),
    _shape("a Tavily key", "tvly-", rb"tvly-[A-Za-z0-9-]{20,}"),
    _shape("a GitLab token", "glpat- gldt-", rb"gl(?:pat|dt)-[A-Za-z0-9_-]{20,}"),
    _shape("a Stripe key", "sk_live_ rk_live_", rb"[sr]k_live_[A-Za-z0-9]{24,}"),
    _shape("an npm token", "npm_", rb"npm_[A-Za-z0-9]{36}", after=_END),
    _shape("a PyPI token", "pypi-AgE", rb"pypi-AgE[A-Za-z0-9_-]{50,}"),
    _shape("a SendGrid key", "SG.", rb"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}", after=_END),
    _shape(
        "a private key",
        "-----BEGIN",
        rb"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY-----[A-Za-z0-9+/=\\\s:,.-]{64,}?"
        rb"-----END [A-Z0-9 ]{0,30}PRIVATE KEY-----",
        before=b"",
    ),
    _shape("a GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", rb"gh[pousr]_[A-Za-z0-9]{20,}"),
    _shape("a GitHub token", "github_pat_", rb"github_pat_[A-Za-z0-9_]{20,}"),
    _shape("a Slack token", "xox", rb"xox[a-z]-[A-Za-z0-9-]{10,}"),
    _shape(
        "a bearer token",
        "Bearer bearer BEARER",
        rb"[A-Za-z0-9._~+/-]{16,}={0,2}",
        before=rb"(?i:bearer)(?: |\+|%20|\\t)+",
    ),
    _shape("a JSON web token", "eyJ", rb"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    _shape("a Telegram token", "/bot", rb"\d{5,12}(?::|%3[Aa])[A-Za-z0-9_-]{20,}", before=rb"/bot"),
    _shape("an organization id", "org-", rb"org-[A-Za-z0-9]{20,}", after=_END),
    _shape("a project id", "proj_", rb"proj_[A-Za-z0-9]{20,}", after=_END),
)
# Texts without keys are the rule: a part that several beginnings share is looked for before each of them.
# Flat, because a call for each shape would cost more than the search.
_SHARED = ("J", "I", "B", "gh", "sk", "_", "x", "")
_BEGINS = tuple(
    (
        shared,
        tuple(
            (begin, shape)
            for shape in SHAPES
            for begin in (one.decode() for one in shape.begins)
            if shared == next(part for part in _SHARED if part in begin)
        ),
    )
    for shared in _SHARED
)


def find_shapes(data: bytes) -> Iterator[Span]:
    """Yield where keys of a known shape stand."""
    text = data.decode("latin-1")  # in which Python looks for something twice as fast
    for shared, begins in _BEGINS:
        if shared in text:
            for begin, shape in begins:
                if begin in text:
                    yield from shape.find(data)
