"""The number formats that results of formulas imply: a day plus one is a day."""

from syncd.sandbox.book.formats import is_date
from syncd.sandbox.book.formulas.parser import Node
from syncd.sandbox.errors import Json

DATE: Json = {"type": "DATE"}
OF_FUNCTIONS: dict[str, Json] = {
    "TODAY": DATE,
    "DATE": DATE,
    "TO_DATE": DATE,
    "EDATE": DATE,
    "EOMONTH": DATE,
    "NOW": {"type": "DATE_TIME"},
    "TIME": {"type": "TIME"},
}
PERCENT: Json = {"type": "PERCENT", "pattern": "0%"}
# Which arguments a function's result takes its look from, the first that has one.
FROM_ARGUMENTS: dict[str, tuple[int, ...]] = dict.fromkeys(
    (
        "ABS",
        "ARRAYFORMULA",
        "ARRAY_CONSTRAIN",
        "AVERAGE",
        "AVERAGEIFS",
        "CEILING",
        "FILTER",
        "FLATTEN",
        "FLOOR",
        "INDEX",
        "INT",
        "LARGE",
        "MAX",
        "MAXIFS",
        "MEDIAN",
        "MIN",
        "MINIFS",
        "MROUND",
        "PERCENTILE",
        "QUARTILE",
        "ROUND",
        "ROUNDDOWN",
        "ROUNDUP",
        "SMALL",
        "SORT",
        "SUM",
        "SUMIFS",
        "TRANSPOSE",
        "TRUNC",
        "UNIQUE",
    ),
    (0,),
) | {
    "AVERAGEIF": (2, 0),
    "SUMIF": (2, 0),
    "CHOOSE": tuple(range(1, 30)),
    "IF": (1, 2),
    "IFERROR": (0, 1),
    "IFNA": (0, 1),
    "IFS": tuple(range(1, 60, 2)),
    "SWITCH": tuple(range(2, 60)),
    "XLOOKUP": (2, 3),
}


def combined(sign: str, left: Json | None, right: Json | None) -> Json | None:
    """Give the look of a sum, difference, product or quotient, from the looks of both sides."""
    if sign in {"+", "-"}:
        if sign == "-" and is_date(left) and is_date(right):
            return None
        return left or right
    money = [side for side in (left, right) if side and side.get("type") == "CURRENCY"]
    if sign == "*":
        return money[0] if len(money) == 1 else left if left == right else None
    if sign == "/" and money and left is money[0] and len(money) == 1:
        return left
    return None


def constant(node: Node) -> int | None:
    """Give the whole number that a node writes out."""
    return node[1] if node[0] == "value" and type(node[1]) is int else None
