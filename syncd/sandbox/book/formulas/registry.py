"""The table of functions, which the modules of functions fill."""

from collections.abc import Callable
from typing import Any, NamedTuple

from syncd.sandbox.book.formulas.values import Operand

Body = Callable[..., Operand]


class Function(NamedTuple):
    """One function: how many arguments it takes, and how it takes them.

    A `whole` function gets its arguments as they are, arrays and all; the others get single values.
    A `tolerant` one gets error values too. A `textual` one sees dates as the texts they show.
    A `lifting` one computes its arguments for whole arrays, as within ARRAYFORMULA. A `shapes`
    function asks only where a reference is and how large, not what stands there.
    """

    body: Body
    least: int
    most: int
    whole: bool = False
    tolerant: bool = False
    textual: bool = False
    lifting: bool = False
    shapes: bool = False


MANY = 10_000
FUNCTIONS: dict[str, Function] = {}


def function(name: str, least: int, most: int, **traits: Any) -> Callable[[Body], Body]:
    """Enter a function into the table."""

    def enter(body: Body) -> Body:
        FUNCTIONS[name] = Function(body, least, most, **traits)
        return body

    return enter
