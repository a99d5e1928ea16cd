"""Field masks, in every spelling that Google accepts, as trees of names.

A tree maps a field to the tree below it; an empty tree means the field with all that is in it.
"""

import re
from typing import Any

from syncd.sandbox.errors import Json, invalid, violation
from syncd.sandbox.protocol.messages import camel, messages

type_names = ("string", "integer", "number", "boolean", "any")
Tree = dict[str, "Tree"]

_TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|\*|[(),./])\s*")


def parse_mask(text: str, message: str | None) -> Tree:
    """Parse a mask and check its paths against a message, if one is given."""
    tokens = _tokens(text)
    tree, rest = _list(tokens, 0)
    if rest != len(tokens):
        raise invalid(f"Error parsing 'fields' parameter: {text}")
    if message is not None:
        _check(tree, message, "")
    return tree


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise invalid(f"Error parsing 'fields' parameter: {text}")
        found.append(match.group(1).replace("/", "."))
        at = match.end()
    return found


def _list(tokens: list[str], at: int) -> tuple[Tree, int]:
    tree: Tree = {}
    while at < len(tokens) and tokens[at] != ")":
        if tokens[at] == ",":
            at += 1
            continue
        path: list[str] = []
        children: Tree = {}
        while at < len(tokens) and tokens[at] not in {",", ")"}:
            if tokens[at] == "(":
                children, at = _list(tokens, at + 1)
                if at >= len(tokens):
                    raise invalid("Error parsing 'fields' parameter: missing )")
            elif tokens[at] != ".":
                path.append(camel(tokens[at]))
            at += 1
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


def _check(tree: Tree, message: str, path: str) -> None:
    fields = messages()[message]
    for name, below in tree.items():
        if name == "*":
            continue
        here = f"{path}.{name}" if path else name
        kind = fields.get(name)
        base = (kind or "").lstrip("[]{}")
        if kind is None or (below and base in type_names[:-1]):
            raise violation(
                here,
                "Error expanding 'fields' parameter. Cannot find matching fields for path "
                f"'{here}'.",
                "Request contains an invalid argument.",
            )
        if below and base in messages():
            _check(below, base, here)


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
