"""How the page paints a cell: its text, its look, and what a person may know about it."""

import re
from typing import Any

from syncd.sandbox.book.entry import parse_entry
from syncd.sandbox.book.evaluate import FormulaError, Result
from syncd.sandbox.book.filters import shown_text
from syncd.sandbox.book.formats import general, locale_of, show
from syncd.sandbox.book.model import Book, Cell, Formula, Sheet
from syncd.sandbox.errors import Json

_FLAGS = ("bold", "italic", "underline", "strikethrough")
_SHORT = {"WRAP": "wrap", "LEGACY_WRAP": "wrap", "CLIP": "clip"}
_LINK = re.compile(r'=\s*HYPERLINK\(\s*"((?:[^"]|"")*)"', re.IGNORECASE)
_WHITE = "#ffffff"
_ROUNDED = 1e-9


def painted_cell(book: Book, sheet: Sheet, row: int, column: int, cell: Cell) -> Json:
    """Give a cell as the page paints it, without its validation."""
    entry: Json = {}
    result, text = shown_text(book, sheet, row, column)
    if cell.value is not None or result is not None:
        entry |= _content(book, cell, result, text)
    if cell.format:
        entry |= look(book, cell.format)
    if cell.runs:
        entry["runs"] = [
            [run.get("startIndex", 0), _letters(book, run.get("format", {}))] for run in cell.runs
        ]
    if type(cell.value) is Formula and (found := _LINK.match(cell.value.text)):
        entry["link"] = found.group(1).replace('""', '"')
    if cell.note:
        entry["note"] = cell.note
    return entry


def _content(book: Book, cell: Cell, result: Result, text: str) -> Json:
    entry: Json = {"text": text} if text else {}
    if isinstance(result, bool):
        entry |= {"kind": "truth", "align": "center"}
    elif isinstance(result, (int, float)):
        entry |= {"kind": "number", "align": "right", "value": result}
    elif isinstance(result, FormulaError):
        entry |= {"kind": "error", "align": "center", "error": result.message}
    entered = entered_text(book, cell)
    if entered != text:
        entry["entered"] = entered
    return entry


def entered_text(book: Book, cell: Cell) -> str:
    """Give what a person edits: typed again, it gives the same cell."""
    value, locale = cell.value, book.properties["locale"]
    kind = ((cell.format or {}).get("numberFormat") or {}).get("type", "")
    if value is None:
        return ""
    if isinstance(value, Formula):
        return value.text
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str):
        plain = kind == "TEXT" or parse_entry(value, locale)[0] == value
        return value if plain else f"'{value}"
    return _entered_number(value, kind, locale)


def _entered_number(value: float, kind: str, locale: str) -> str:
    decimal = locale_of(locale).decimal
    if kind in {"DATE", "DATE_TIME", "TIME"} and value >= 0:
        if kind != "TIME":
            kind = "DATE" if abs(value - round(value)) < _ROUNDED else "DATE_TIME"
        elif value >= 1:
            return show(value, {"type": "DATE_TIME"}, locale)
        return show(value, {"type": kind}, locale)
    if kind == "PERCENT":
        return general(round(value * 100, 12)).replace(".", decimal) + "%"
    text = str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)
    return text.upper().replace(".", decimal)


def look(book: Book, given: Json) -> Json:
    """Give the look of a format; equal formats are one object, and worked out once."""
    key = f"painted {id(given)}"
    known = book.cache.get(key)
    if not isinstance(known, tuple):
        known = book.cache[key] = (given, _look(book, given))  # the format, so that its id lives
    found: Json = known[1]
    return found


def _look(book: Book, given: Json) -> Json:
    entry = _letters(book, given.get("textFormat", {}))
    background = colour(book, given, "backgroundColor")
    if background and background != _WHITE:
        entry["background"] = background
    for name, short in (("horizontalAlignment", "align"), ("verticalAlignment", "valign")):
        if given.get(name):
            entry[short] = given[name].lower()
    if given.get("wrapStrategy") in _SHORT:
        entry["wrap"] = _SHORT[given["wrapStrategy"]]
    borders = {
        side: drawn
        for side, border in (given.get("borders") or {}).items()
        if (drawn := _border(book, border))
    }
    return entry | ({"borders": borders} if borders else {})


def _letters(book: Book, text: Json) -> Json:
    entry: Json = {name: True for name in _FLAGS if text.get(name)}
    ink = colour(book, text, "foregroundColor")
    if ink and ink != "#000000":
        entry["colour"] = ink
    if text.get("fontSize"):
        entry["size"] = text["fontSize"]
    if text.get("fontFamily"):
        entry["font"] = text["fontFamily"]
    if text.get("link", {}).get("uri"):
        entry["link"] = text["link"]["uri"]
    return entry


def _border(book: Book, border: Json) -> str:
    style = border.get("style", "NONE")
    if style == "NONE":
        return ""
    width = {"SOLID_MEDIUM": 2, "SOLID_THICK": 3, "DOUBLE": 3}.get(style, 1)
    line = {"DOTTED": "dotted", "DASHED": "dashed", "DOUBLE": "double"}.get(style, "solid")
    return f"{width}px {line} {colour(book, border, 'color') or '#000000'}"


def colour(book: Book, given: Json, name: str) -> str | None:
    """Give a colour of a format as a style sheet spells it; theme colours are looked up."""
    style = given.get(f"{name}Style") or {}
    theme = style.get("themeColor")
    if theme:
        for pair in book.properties.get("spreadsheetTheme", {}).get("themeColors", []):
            if pair.get("colorType") == theme:
                return css_colour(pair.get("color", {}).get("rgbColor", {}))
    found: Any = style.get("rgbColor", given.get(name))
    return None if found is None else css_colour(found)


def css_colour(given: Json) -> str:
    """Spell a colour as a style sheet does."""
    channels = (round(given.get(name, 0) * 255) for name in ("red", "green", "blue"))
    return "#{:02x}{:02x}{:02x}".format(*channels)
