"""Spreadsheets in other formats: files.export, and the documents' own export address."""

from typing import Any
from urllib.parse import quote

from syncd.sandbox.book import a1
from syncd.sandbox.book.model import Area, Book
from syncd.sandbox.drive import prints, text, workbook
from syncd.sandbox.drive.context import Content, Drive
from syncd.sandbox.drive.fields import first
from syncd.sandbox.drive.items import Item
from syncd.sandbox.drive.refusals import bad_parameter, bad_request, required, unsupported
from syncd.sandbox.drive.resources import EXPORTS
from syncd.sandbox.errors import ApiError
from syncd.sandbox.sheets.calls import Call

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TYPES = {short: kind for kind, short in EXPORTS.items()}


def export(drive: Drive, call: Call) -> Content:
    """Answer files.export: the first visible tab as text, or all tabs as a workbook."""
    asked = first(call, "mimeType")
    if asked is None:
        raise required("mimeType")
    item = drive.item(call)
    if item.is_folder:
        what = "Export only supports Docs Editors files."
        raise ApiError(403, what, reason="fileNotExportable")
    kind = asked.strip().lower()
    if kind not in EXPORTS:
        what = "The requested conversion is not supported."
        raise bad_request(what, location="parameter convertTo")
    book = drive.service.reading(item.file_id, call.actor)
    area = text.first_visible(book).whole()
    body = _converted(book, area, EXPORTS[kind], sheet_id=None)
    return Content(body, asked.strip(), {"Content-Disposition": "attachment"})


def _converted(book: Book, area: Area, short: str, *, sheet_id: int | None) -> bytes:
    if short == "csv":
        return text.csv_text(book, area).encode("utf-8", "surrogatepass")
    if short == "tsv":
        return text.tsv_text(book, area).encode("utf-8", "surrogatepass")
    if short == "xlsx":
        return workbook.dump(book, sheet_id)
    chosen = [book.sheet(sheet_id)] if sheet_id is not None else prints.visible(book)
    if short == "pdf":
        whole = [sheet.whole() for sheet in chosen]
        return prints.pages(book, whole if sheet_id is None else [area])
    if short == "zip":
        return prints.web_pages(book, chosen)
    return prints.open_document(book, chosen)


def download(drive: Drive, call: Call) -> Content:
    """Answer the export address of the documents: any tab, any part of it."""
    item = _document(drive, call)
    short = (first(call, "format") or first(call, "exportFormat") or "xlsx").lower()
    if short not in _TYPES:
        raise bad_parameter("format")
    book = drive.service.reading(item.file_id, call.actor)
    gid = first(call, "gid")
    sheet = text.first_visible(book)
    if gid is not None:
        chosen = [s for s in book.sheets if str(s.sheet_id) == gid.strip()]
        if not chosen:
            raise bad_parameter("gid")
        sheet = chosen[0]
    area = sheet.whole()
    asked = first(call, "range")
    if asked:
        inside = asked if "!" in asked else f"'{sheet.title.replace(chr(39), chr(39) * 2)}'!{asked}"
        area = a1.parse_a1(book, inside)
    body = _converted(book, area, short, sheet_id=None if gid is None else sheet.sheet_id)
    name = item.name if short == "xlsx" else f"{item.name} - {sheet.title}"
    return Content(body, _TYPES[short] if short != "xlsx" else _XLSX, _named(name, short))


def _document(drive: Drive, call: Call) -> Item:
    file_id = call.book_id or first(call, "id") or first(call, "key") or ""
    item = drive.item(call, file_id=file_id)
    if item.is_folder:
        raise bad_parameter("id")
    return item


def _named(name: str, short: str) -> dict[str, str]:
    plain = "".join(c for c in name if c.isascii() and c.isalnum()) or "export"
    full = quote(f"{name}.{short}", safe="", errors="replace")
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}.{short}\"; filename*=UTF-8''{full}"
    }


def chart_query(drive: Drive, call: Call) -> Any:
    """Answer the query address of charts, for plain CSV of a tab only."""
    item = _document(drive, call)
    options = dict(
        part.partition(":")[::2] for part in (first(call, "tqx") or "").split(";") if part
    )
    if options.get("out") != "csv" or first(call, "tq"):
        raise unsupported("queries of the visualization API other than tqx=out:csv without tq")
    book = drive.service.reading(item.file_id, call.actor)
    sheet = text.first_visible(book)
    title, gid = first(call, "sheet"), first(call, "gid")
    if title is not None:
        sheet = book.sheet_titled(title) or sheet
    elif gid is not None:
        sheet = next((s for s in book.sheets if str(s.sheet_id) == gid), sheet)
    area = sheet.whole()
    asked = first(call, "range")
    if asked:
        area = a1.parse_a1(book, f"'{sheet.title.replace(chr(39), chr(39) * 2)}'!{asked}")
    lines = (
        ",".join('"' + f.replace('"', '""') + '"' for f in row) for row in text.rows(book, area)
    )
    body = "\n".join(lines).encode("utf-8", "surrogatepass")
    return Content(body, "text/csv; charset=utf-8", _named(item.name, "csv"))
