"""Field masks, in every spelling that Google accepts, as trees of names.

A tree maps a field to the tree below it; an empty tree means the field with all that is in it.
"""

import re
from typing import Any

from syncd.sandbox.errors import ApiError, Json, invalid, violation
from syncd.sandbox.protocol.schema import SCALARS, camel, fields, messages

Tree = dict[str, "Tree"]

_LEVELS_MAX = 50
_TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|\*|[(),./])\s*")


def parse_mask(text: str, message: str | None, *, read: bool = False) -> Tree:
    """Parse a mask and check its paths against a message, if one is given."""
    tokens = _tokens(text)
    if tokens.count("(") > _LEVELS_MAX:
        raise _malformed(text)
    tree, rest = _list(tokens, 0, text)
    if rest != len(tokens):
        raise _malformed(text)
    unknown = None if message is None else _unknown(tree, message, "")
    if unknown is None:
        return tree
    if not read:
        raise invalid(f"Invalid field: {unknown}")
    why = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{unknown}'."
    raise violation(text, why, "Request contains an invalid argument.")


def _malformed(text: str) -> ApiError:
    return violation(
        text,
        f"Error expanding 'fields' parameter. Invalid field mask '{text}'.",
        "Request contains an invalid argument.",
    )


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _malformed(text)
        found.append(match.group(1).replace("/", "."))
        at = match.end()
    return found


def _list(tokens: list[str], at: int, text: str) -> tuple[Tree, int]:
    tree: Tree = {}
    while at < len(tokens) and tokens[at] != ")":
        if tokens[at] == ",":
            at += 1
            continue
        path: list[str] = []
        children: Tree = {}
        while at < len(tokens) and tokens[at] not in {",", ")"}:
            if tokens[at] == "(":
                children, at = _list(tokens, at + 1, text)
                if at >= len(tokens):
                    raise _malformed(text)
            elif tokens[at] != ".":
                path.append(camel(tokens[at]))
            at += 1
        if not path:
            raise _malformed(text)
        _add(tree, path, children)
    return tree, at


def _add(tree: Tree, path: list[str], children: Tree) -> None:
    for name in path[:-1]:
        if name in tree and not tree[name]:
            return  # the whole field is already asked for
        tree = tree.setdefault(name, {})
    last = path[-1]
    if last in tree and tree[last] and children:
        for name, below in children.items():
            _add(tree[last], [name], below)
    elif not (last in tree and not tree[last]):
        tree[last] = children


def _unknown(tree: Tree, message: str, path: str) -> str | None:
    """Give the first path that a message does not have."""
    known = fields(message)
    for name, below in tree.items():
        if name == "*":
            continue
        here = f"{path}.{name}" if path else name
        field = known.get(name)
        if field is None:
            return here
        if below and (field.enum or field.base in SCALARS - {"any"}):
            return f"{here}.{next(iter(below))}"
        if below and not field.keyed and field.base in messages():
            deeper = _unknown(below, field.base, here)
            if deeper is not None:
                return deeper
    return None


def is_whole(tree: Tree) -> bool:
    """Tell whether a tree asks for everything below its root."""
    return not tree or "*" in tree


def wants(tree: Tree | None, name: str) -> bool:
    """Tell whether a field is asked for; no tree asks for all of them."""
    return tree is None or is_whole(tree) or name in tree


def below(tree: Tree | None, name: str) -> Tree | None:
    """Give the tree under a field, None when all of it is asked for."""
    if tree is None or is_whole(tree):
        return None
    return tree.get(name, {}) or None


def pick(value: Any, tree: Tree | None) -> Any:
    """Keep of an answer what a mask asks for; containers that exist stay as a skeleton."""
    if tree is None or is_whole(tree):
        return value
    if isinstance(value, list):
        return [pick(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    return {k: pick(v, tree[k] or None) for k, v in value.items() if k in tree}


def merge(old: Json | None, new: Json | None, tree: Tree) -> Json:
    """Write the masked fields of `new` over `old`; a masked field that `new` lacks is cleared."""
    if is_whole(tree):
        return dict(new or {})
    merged, new = dict(old or {}), new or {}
    for name, children in tree.items():
        if is_whole(children) or not isinstance(new.get(name, {}), dict):
            if name in new:
                merged[name] = new[name]
            else:
                merged.pop(name, None)
            continue
        inner = merge(merged.get(name), new.get(name), children)
        if inner:
            merged[name] = inner
        else:
            merged.pop(name, None)
    return merged
