"""Calls of API methods as they arrive, before anything is done about them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncd.sandbox.errors import Json, invalid
from syncd.sandbox.protocol.masks import Tree, parse_mask
from syncd.sandbox.protocol.messages import parse
from syncd.sandbox.protocol.query import bind_query
from syncd.sandbox.protocol.schema import fields, methods

# Methods whose body is one field of the request; error texts begin with its name.
_BODY_FIELDS = {
    "spreadsheets.create": "spreadsheet",
    "spreadsheets.values.update": "data",
    "spreadsheets.values.append": "data",
}


@dataclass(slots=True)
class Call:
    """One call of an API method."""

    name: str
    actor: str
    path: dict[str, str]
    query: Json
    body: Any = None
    late: list[Callable[[], Json]] = field(default_factory=list)
    bound: bool = False
    content_type: str = ""
    raw: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def book_id(self) -> str:
        """Give the id of the file concerned, empty where there is none."""
        return self.path.get("id", "")

    @property
    def is_pretty(self) -> bool:
        """Tell whether the answer is to be printed over several lines."""
        given = self.query.get("prettyPrint", self.query.get("$prettyPrint", "true"))
        return (given[0] if isinstance(given, list) else given) not in {"false", "0"}

    def bind(self) -> Json:
        """Check the query and the body of a Sheets call, and give the body as a message."""
        if not self.bound:  # a call may run twice, where a fault doubles it
            self.query, self.bound = bind_query(self.name, self.query), True
        message = methods()[self.name].body
        if not message:
            return {}
        body = parse(
            message, {} if self.body is None else self.body, _BODY_FIELDS.get(self.name, "")
        )
        if self.name in _BODY_FIELDS:
            return body
        known = fields(message)
        return {k: v for k, v in self.query.items() if k in known} | body

    def mask(self, message: str | None) -> Tree | None:
        """Give the mask on the answer."""
        text = self.query.get("fields")
        return parse_mask(text, message, read=True) if text else None

    def flag(self, name: str) -> bool:
        """Give a query parameter that is a truth value."""
        return str(self.query.get(name, "")).lower() in {"true", "1"}

    def number(self, name: str, default: int) -> int:
        """Give a query parameter that is a whole number."""
        try:
            return int(self.query.get(name) or default)
        except (TypeError, ValueError) as error:
            raise invalid(f"Invalid value for {name}") from error

    def many(self, name: str) -> list[str]:
        """Give a query parameter that may be repeated."""
        found = self.query.get(name, [])
        return found if isinstance(found, list) else [found]
