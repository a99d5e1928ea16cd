"""Formulas as trees.

A node is a tuple that starts with its kind:
("value", v), ("error", e), ("reference", r), ("name", n), ("call", NAME, arguments),
("fold", first, ((sign, operand), ...)) for operators from left to right, ("sign", "-", operand),
("percent", operand), ("array", rows of nodes).
"""

from functools import lru_cache
from typing import Any

from syncd.sandbox.book.formula import parse_reference, tokens
from syncd.sandbox.book.formulas.values import LITERALS, PARSE_ERROR, ErrorRaised

Node = tuple[Any, ...]

_DEPTH_MAX = 100
_POWER = {"=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "&": 2, "+": 3, "-": 3}
_POWER |= {"*": 4, "/": 4, "^": 5}
_SIGNED = 6


class _Parser:
    """Reads the tokens of one formula into a tree."""

    def __init__(self, text: str, comma: bool) -> None:
        self.tokens = [token for token in tokens(text, comma) if token[0] != "space"]
        self.at = 0
        self.depth = 0
        self.comma = comma
        self.separators = {";"} if comma else {",", ";"}

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, expected: str | None = None) -> tuple[str, str]:
        if self.at >= len(self.tokens) or (expected and self.peek() != expected):
            raise ErrorRaised(PARSE_ERROR)
        self.at += 1
        return self.tokens[self.at - 1]

    def expression(self, power: int = 0) -> Node:
        self.depth += 1
        if self.depth > _DEPTH_MAX:
            raise ErrorRaised(PARSE_ERROR)
        first, rest = self.operand(), []
        while _POWER.get(self.peek(), 0) > power:
            _, sign = self.take()
            rest.append((sign, self.expression(_POWER[sign])))
        self.depth -= 1
        return ("fold", first, tuple(rest)) if rest else first

    def operand(self) -> Node:
        node = self.plain_operand()
        while self.peek() == "%":
            self.take()
            node = (
                ("percent", node[1], node[2] + 1) if node[0] == "percent" else ("percent", node, 1)
            )
        return node

    def plain_operand(self) -> Node:
        kind, text = self.take()
        if kind == "number":
            return ("value", _number(text.replace(",", ".")))
        if kind == "text":
            return ("value", text[1:-1].replace('""', '"'))
        if kind == "reference":
            return ("reference", parse_reference(text))
        if kind == "error":
            return ("error", LITERALS.get(text.upper(), PARSE_ERROR))
        if kind == "name":
            return self.named(text)
        if text == "(":
            inner = self.expression()
            self.take(")")
            return inner
        if text in {"-", "+"}:
            return ("sign", text, self.expression(_SIGNED))
        if text == "{":
            return self.array()
        raise ErrorRaised(PARSE_ERROR)

    def named(self, text: str) -> Node:
        if self.peek() != "(":
            if text.upper() in {"TRUE", "FALSE"}:
                return ("value", text.upper() == "TRUE")
            return ("name", text)
        self.take()
        arguments: list[Node] = []
        if self.peek() == ")":
            self.take()
            return ("call", text.upper(), ())
        while True:
            missing = self.peek() in self.separators or self.peek() == ")"
            arguments.append(("value", None) if missing else self.expression())
            if self.peek() not in self.separators:
                break
            self.take()
        self.take(")")
        return ("call", text.upper(), tuple(arguments))

    def array(self) -> Node:
        beside = {"\\"} if self.comma else {",", "\\"}
        rows: list[tuple[Node, ...]] = []
        row: list[Node] = []
        if self.peek() == "}":
            self.take()
            return ("array", ())
        while True:
            row.append(self.expression())
            _, text = self.take()
            if text in beside:
                continue
            rows.append(tuple(row))
            row = []
            if text == "}":
                return ("array", tuple(rows))
            if text != ";":
                raise ErrorRaised(PARSE_ERROR)


def _number(text: str) -> float:
    return int(text) if text.isdigit() and len(text) < 16 else float(text)


@lru_cache(maxsize=100_000)
def parse(formula: str, comma: bool = False) -> Node:
    """Read a formula with its equals sign; `comma` tells that the comma is the decimal sign."""
    parser = _Parser(formula[1:], comma)
    try:
        tree = parser.expression()
    except ErrorRaised as raised:
        return ("error", raised.error)
    return tree if parser.at == len(parser.tokens) else ("error", PARSE_ERROR)
