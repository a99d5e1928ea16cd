"""The addresses that answers hold: the sandbox's own, or Google's for who came by Google's name.

A client that reaches the sandbox through a proxy for Google's hosts must find Google's addresses in
the answers, so that it comes back through the proxy; the host that it asked is in `X-Original-Host`
or `X-Forwarded-Host`.
"""

from typing import NamedTuple

from syncd.sandbox.sheets.calls import Call


class Links(NamedTuple):
    """Where the API, the documents and the folders are."""

    api: str
    docs: str
    drive: str


_GOOGLE = Links("https://www.googleapis.com", "https://docs.google.com", "https://drive.google.com")


def links_for(call: Call, url: str) -> Links:
    """Give the addresses that a caller can follow."""
    for name in ("x-original-host", "x-forwarded-host"):
        host = call.headers.get(name, "").partition(":")[0].lower()
        if host.endswith((".googleapis.com", ".google.com")):
            return _GOOGLE
    return Links(url, url, url)
