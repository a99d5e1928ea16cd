"""Requests of batchUpdate, written short."""

from typing import Any

Row = dict[str, Any]


def cells(*texts: Any) -> Row:
    """Give one row of typed values; an empty text is an empty cell."""
    kinds = {str: "stringValue", int: "numberValue", float: "numberValue", bool: "boolValue"}
    values: list[Row] = []
    for text in texts:
        if isinstance(text, str) and text.startswith("="):
            values.append({"userEnteredValue": {"formulaValue": text}})
        else:
            values.append({"userEnteredValue": {kinds[type(text)]: text}} if text != "" else {})
    return {"values": values}


def put(row: int, *rows: Row, column: int = 0, sheet: int = 0) -> Row:
    """Give an updateCells request from a start cell."""
    start = {"sheetId": sheet, "rowIndex": row, "columnIndex": column}
    return {"updateCells": {"start": start, "rows": list(rows), "fields": "userEnteredValue"}}


def span(dimension: str, start: int, end: int, sheet: int = 0) -> Row:
    """Give a DimensionRange; the dimension is R or C."""
    name = {"R": "ROWS", "C": "COLUMNS"}[dimension]
    return {"sheetId": sheet, "dimension": name, "startIndex": start, "endIndex": end}


def area(top: int, bottom: int, left: int, right: int, sheet: int = 0) -> Row:
    """Give a GridRange as answers print it."""
    bounds = {
        "startRowIndex": top,
        "endRowIndex": bottom,
        "startColumnIndex": left,
        "endColumnIndex": right,
    }
    return ({"sheetId": sheet} if sheet else {}) | bounds


def said(answer: tuple[int, Any]) -> str:
    """Give what a refusal says, without the part that names the request."""
    status, body = answer
    assert status == 400, body
    return str(body["error"]["message"]).split(": ", 1)[1]
