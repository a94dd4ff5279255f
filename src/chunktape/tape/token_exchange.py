"""Where tokens are asked for: exchanges that are all secret, and that a replay has no use for.

The authorities are those of azure-identity 1.x (`azure.identity.AzureAuthorityHosts`) and of the
clouds before them; the other address is the instance metadata service of virtual machines
(https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token).
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

__all__ = ["is_token_exchange"]

_AUTHORITIES = frozenset({
    "login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn", "login.microsoftonline.de", "login.windows.net",
})  # fmt: skip  # read as a table
_METADATA = "169.254.169.254"


@lru_cache(maxsize=1024)
def is_token_exchange(url: str | None) -> bool:
    """Return whether a URL is one where Entra gives tokens, or says where it does."""
    if not url or ("//login." not in url and _METADATA not in url):
        return False
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return host in _AUTHORITIES or host == _METADATA
