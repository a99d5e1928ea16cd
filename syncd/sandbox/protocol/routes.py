"""From a request's method and path to the name of an API method."""

import re
from typing import NamedTuple
from urllib.parse import parse_qs, unquote

from syncd.sandbox.errors import Json
from syncd.sandbox.protocol.drive_routes import DRIVE

_BOOK = r"/v4/spreadsheets/(?P<id>[^/:]+)/?"
_ROUTES = [
    (verb, re.compile(pattern + r"\Z"), name)
    for verb, pattern, name in (
        ("POST", "/v4/spreadsheets/?", "spreadsheets.create"),
        ("GET", _BOOK, "spreadsheets.get"),
        ("POST", _BOOK + ":batchUpdate", "spreadsheets.batchUpdate"),
        ("POST", _BOOK + ":getByDataFilter", "spreadsheets.getByDataFilter"),
        ("GET", _BOOK + "values:batchGet", "spreadsheets.values.batchGet"),
        *(
            ("POST", _BOOK + f"values:{action}", f"spreadsheets.values.{action}")
            for action in (
                "batchUpdate",
                "batchClear",
                "batchGetByDataFilter",
                "batchUpdateByDataFilter",
                "batchClearByDataFilter",
            )
        ),
        ("POST", _BOOK + "values/(?P<range>.+):append", "spreadsheets.values.append"),
        ("POST", _BOOK + "values/(?P<range>.+):clear", "spreadsheets.values.clear"),
        ("GET", _BOOK + "values/(?P<range>.+)", "spreadsheets.values.get"),
        ("PUT", _BOOK + "values/(?P<range>.+)", "spreadsheets.values.update"),
        (
            "GET",
            _BOOK + r"developerMetadata/(?P<number>\d+)",
            "spreadsheets.developerMetadata.get",
        ),
        ("POST", _BOOK + "developerMetadata:search", "spreadsheets.developerMetadata.search"),
        ("POST", _BOOK + r"sheets/(?P<number>\d+):copyTo", "spreadsheets.sheets.copyTo"),
        *DRIVE,
    )
]


class Route(NamedTuple):
    """The API method that a request calls."""

    name: str
    path: dict[str, str]


def route(verb: str, path: str) -> Route | None:
    """Find the API method of a request; None when there is none."""
    path = path.replace("%3A", ":").replace("%3a", ":")
    if path.startswith(("/drive/", "/upload/drive/")):
        path = path.rstrip("/")  # as clients write it that join a file's address and nothing
    for wanted, pattern, name in _ROUTES:
        match = pattern.match(path) if wanted == verb else None
        if match is not None:
            return Route(name, {k: unquote(v) for k, v in match.groupdict().items() if v})
    return None


def tunnelled(verb: str, query: str, raw: bytes, override: str) -> tuple[str, str, bytes]:
    """Give the request that a POST stands for: another verb, or a GET with a long query."""
    wanted = override.strip().upper()
    if verb != "POST" or wanted not in {"GET", "PUT", "PATCH", "DELETE"}:
        return verb, query, raw
    if wanted != "GET":
        return wanted, query, raw
    return wanted, "&".join(filter(None, (query, raw.decode("utf-8", "replace")))), b""


def parse_query(text: str) -> Json:
    """Read a query string: single values, and lists where a name is repeated."""
    found: Json = {}
    for name, given in parse_qs(text, keep_blank_values=True).items():
        found[name] = given if len(given) > 1 else given[0]
    return found
