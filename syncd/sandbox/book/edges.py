"""Borders as Google keeps them: a style, the width that follows from it, a colour."""

from syncd.sandbox.book.colours import quantise
from syncd.sandbox.errors import Json

_WIDTHS = {"DOTTED": 1, "DASHED": 1, "SOLID": 1, "SOLID_MEDIUM": 2, "SOLID_THICK": 3, "DOUBLE": 3}


def completed(border: Json | None) -> Json | None:
    """Give a border with its width and colour; None where there is none."""
    style = (border or {}).get("style", "NONE")
    if border is None or style not in _WIDTHS:
        return None
    given = border.get("colorStyle") or {"rgbColor": border.get("color", {})}
    colour = {"colorStyle": given}
    if "rgbColor" in given:
        plain = quantise(given["rgbColor"])
        colour = {"color": plain, "colorStyle": {"rgbColor": plain}}
    return {"style": style, "width": _WIDTHS[style]} | colour
