"""The names of Azure resources: whose endpoint it is, in addresses and wherever they are repeated.

Endpoints as Microsoft documents them: ``https://NAME.openai.azure.com``,
``https://NAME.services.ai.azure.com``, ``https://NAME.cognitiveservices.azure.com``
(https://learn.microsoft.com/azure/ai-services/cognitive-services-custom-subdomains), and for
serverless models ``https://NAME.REGION.models.ai.azure.com``, before them
``https://NAME.REGION.inference.ai.azure.com`` and ``…inference.ml.azure.com``.
``models.inference.ai.azure.com`` is everybody's (GitHub Models).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunktape.tape.span import Span

__all__ = ["find_resources", "without_resource"]

_SERVICE = (
    r"(?:openai|services\.ai|cognitiveservices)\.azure\.com"
    r"|(?:[a-z0-9]{1,30}\.)?models\.ai\.azure\.com|[a-z0-9]{1,30}\.inference\.(?:ai|ml)\.azure\.com"
)
# Not within a word; the end of an escape of JSON or of a URL is no part of a name.
_NAME = re.compile(
    rb"(?:(?<![A-Za-z0-9%\\.-])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"
    rb"(?P<secret>[A-Za-z0-9][A-Za-z0-9-]{0,62})(?=\.(?i:" + _SERVICE.encode() + rb")(?!-|\.?[A-Za-z0-9]))"
)
_HOST = re.compile(rf"(?:[a-z0-9-]*\.)?(?={_SERVICE}$)")


def find_resources(data: bytes) -> Iterator[Span]:
    """Yield where the names of resources stand, without the address of the service."""
    if b".azure.com" in data or b".AZURE.COM" in data:
        for match in _NAME.finditer(data):
            yield match.span("secret")


def without_resource(host: str) -> str:
    """Return a host, in lower case, as it is compared: whichever resource it names, or none."""
    if not host.endswith(".azure.com"):
        return host
    found = _HOST.match(host)
    return host[found.end() :] if found is not None else host
