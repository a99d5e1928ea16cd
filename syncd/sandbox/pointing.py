"""How clients that know only Google's addresses reach a sandbox instead.

`pointed` rewrites one address. `point` does it for all requests of one client: an object with a
`request` method that takes an address, as `requests.Session`, `httplib2.Http`, google-auth's
wrappers of both, `urllib3.PoolManager` and `httpx.Client` have it. `all_pointed` does it for every
client of the process: for programs and test suites that must not be changed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

_HOSTS = {
    "content.googleapis.com",
    "accounts.google.com",
    "docs.google.com",
    "drive.google.com",
    "oauth2.googleapis.com",
    "sheets.googleapis.com",
    "spreadsheets.google.com",
    "www.googleapis.com",
}
_TOKEN_PATHS = {"/o/oauth2/token", "/oauth2/v3/token", "/oauth2/v4/token"}
_SENDERS = (  # where HTTP libraries see each request, those of sign-in and redirects included
    ("requests.sessions", "Session", "send"),
    ("httplib2", "Http", "request"),
    ("urllib.request", "OpenerDirector", "open"),
    ("httpx", "Client", "send"),
    ("httpx", "AsyncClient", "send"),
)


def pointed(address: str, base: str) -> str:
    """Give the address in the sandbox at `base` for one of Google's; any other stays as it is."""
    parts = urlsplit(address)
    if parts.hostname not in _HOSTS:
        return address
    path = "/token" if parts.path in _TOKEN_PATHS else parts.path
    query = f"?{parts.query}" if parts.query else ""
    return base.rstrip("/") + path + query


def point(client: Any, base: str) -> Any:
    """Send all requests of a client to the sandbox at `base`, and give the client back."""
    client.request = _rewriting(client.request, base)
    return client


@contextmanager
def all_pointed(base: str) -> Iterator[None]:
    """Send what any client of this process asks of Google to the sandbox at `base`, for a while."""
    before = []
    for module, name, method in _SENDERS:
        try:
            kind = getattr(import_module(module), name)
        except ImportError:
            continue  # this library is not in use here
        before.append((kind, method, getattr(kind, method)))
        setattr(kind, method, _rewriting(getattr(kind, method), base))
    try:
        yield
    finally:
        for kind, method, original in before:
            setattr(kind, method, original)


def _rewriting(send: Callable[..., Any], base: str) -> Callable[..., Any]:
    @wraps(send)
    def sent(*arguments: Any, **named: Any) -> Any:
        return send(
            *(_pointed_argument(a, base) for a in arguments),
            **{name: _pointed_argument(a, base) for name, a in named.items()},
        )

    return sent


def _pointed_argument(argument: Any, base: str) -> Any:
    """Rewrite an address, also within a request that is ready to be sent."""
    if isinstance(argument, str):
        return pointed(argument, base) if argument.startswith("https://") else argument
    for name in ("url", "full_url"):
        address: Any = getattr(argument, name, None)
        if str(address).startswith("https://"):
            kind = type(address)  # httpx has a type of its own for addresses
            setattr(argument, name, kind(pointed(str(address), base)))
    return argument
