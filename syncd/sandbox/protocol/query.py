"""Query parameters of the Sheets API: what a method takes, and what it is refused for."""

from typing import Any

from syncd.sandbox.errors import ApiError, Json, violations
from syncd.sandbox.protocol.schema import SCALARS, Field, Method, camel, fields, methods, truth

_SYSTEM = frozenset(
    {
        "$.xgafv",
        "access_token",
        "alt",
        "callback",
        "fields",
        "key",
        "oauth_token",
        "prettyPrint",
        "quotaUser",
        "upload_protocol",
        "userIp",
        "pp",
    }
)


def bind_query(name: str, given: Json) -> Json:
    """Give a call's query parameters by their canonical names and with their types.

    What a method does not know is refused, all of it at once.
    """
    method, bound = methods()[name], {}
    found: list[tuple[str, str]] = []
    for key, value in given.items():
        if key in _SYSTEM or key.removeprefix("$") in _SYSTEM:
            bound[key.removeprefix("$")] = value[0] if isinstance(value, list) else value
            continue
        field = _field(method, key)
        if field is None or (field.base not in SCALARS and not field.enum):
            found.append(("", _unknown(key, field)))
            continue
        parts = value if isinstance(value, list) else [value]
        read = [_read(field, part, found) for part in parts]
        bound[field.name] = read if field.repeated else read[-1]
    if found:
        raise violations(found)
    return bound


def _field(method: Method, key: str) -> Field | None:
    """Find what a parameter is bound to: the method's own, or a field of a whole request."""
    name = camel(key)
    if name in method.path:
        return Field(name, key, "string")
    if name in method.query:
        return method.query[name]
    whole = method.body.endswith("Request")
    return fields(method.body).get(name) if whole else None


def _unknown(key: str, field: Field | None) -> str:
    head = f'Invalid JSON payload received. Unknown name "{key}": Cannot bind query parameter. '
    if field is not None:
        why = "is a message type. Parameters can only be bound to primitive types."
        return f"{head}'{key}' {why}"
    return f"{head}Field '{key}' could not be found in request message."


def _read(field: Field, text: str, found: list[tuple[str, str]]) -> Any:
    if field.enum:
        if text in field.values:
            return text
        if text.isdecimal() and int(text[:4]) < len(field.values):
            return field.values[int(text)]
    elif field.base == "bool":
        if truth(text) is not None:
            return truth(text)
    elif field.base != "int32":
        return text
    elif text.removeprefix("-").isdecimal() and len(text) < 11:
        return int(text)
    found.append((field.snake, f"Invalid value at '{field.snake}' ({field.type_name}), \"{text}\""))
    return None


_BYTES = {"get", "export", "download"}  # the methods of Drive that give a file's content


def check_alternative(name: str, given: Json) -> None:
    """Refuse an `alt` that the method cannot answer in, before anything else is looked at."""
    value = given.get("alt", "json")
    text = str(value[0] if isinstance(value, list) else value)
    kind = text.lower().partition(";")[0]
    if kind in {"", "json"} or (kind == "media" and name.startswith("drive.") and _gives(name)):
        return
    what = f'Unsupported alt type "{kind}" for non byte stream request.'
    if kind != "media":
        what = f"Invalid value \"{text[:200]}\" for query parameter 'alt'"
    raise ApiError(400, what, reason="badRequest", status="INVALID_ARGUMENT")


def _gives(name: str) -> bool:
    return name.rpartition(".")[2] in _BYTES
