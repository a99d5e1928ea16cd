"""What Drive does with a file's content: CSV in and out, comments, and the older v2 addresses."""

import csv
import io

from syncd.sandbox.book.model import Book, Row, Sheet
from syncd.sandbox.drive.methods import MIME_TYPE, DriveMethods, timestamp
from syncd.sandbox.errors import ApiError, Json
from syncd.sandbox.sheets import values
from syncd.sandbox.sheets.calls import Call
from syncd.sandbox.sheets.writing import write_values


def old_resource(book: Book) -> Json:
    """Give a file as version 2 of the Drive API names its parts."""
    return {
        "kind": "drive#file",
        "id": book.book_id,
        "title": book.properties["title"],
        "mimeType": MIME_TYPE,
        "labels": {"starred": False, "hidden": False, "trashed": book.trashed},
        "createdDate": timestamp(book.created),
        "modifiedDate": timestamp(book.modified),
        "version": str(book.revision),
    }


def old_create(drive: DriveMethods, call: Call) -> Json:
    """Answer files.insert and files.copy of version 2."""
    given = call.body or {}
    call.body = {"name": given.get("title"), "mimeType": given.get("mimeType", MIME_TYPE)}
    made = drive.copy(call) if call.book_id else drive.create(call)
    return old_resource(drive.service.lines[made["id"]].book)


def upload(drive: DriveMethods, call: Call, content: bytes) -> Json:
    """Answer an upload of CSV: it replaces the tabs by one that is named like the file."""
    drive.line(call, write=True)
    batch = drive.service.batch(call.book_id, call.actor)
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ApiError(400, "Bad Request", reason="badContent") from error
    width = max((len(row) for row in rows), default=0)
    sheet = Sheet(0, {"title": batch.book.properties["title"]})
    sheet.row_count, sheet.column_count = max(1000, len(rows)), max(26, width)
    sheet.rows = [Row({}) for _ in rows]
    batch.book.sheets, batch.book.own = [sheet], {0}
    batch.book.named, batch.book.metadata = {}, {}
    write_values(batch, sheet.whole(), rows, "USER_ENTERED", bounded=True)
    return old_resource(drive.service.commit(batch, "imported CSV"))


def export(drive: DriveMethods, call: Call) -> bytes:
    """Answer an export of the first tab as CSV."""
    book = drive.line(call, write=False).book
    if call.query.get("mimeType") != "text/csv":
        raise ApiError(501, "The sandbox exports text/csv only.")
    found = values.area_values(book, book.sheets[0].whole(), values.Rendering({}))
    width = max((len(row) for row in found), default=0)
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerows([*row, *[""] * (width - len(row))] for row in found)
    return text.getvalue().removesuffix("\r\n").encode()


def comments(drive: DriveMethods, call: Call) -> Json:
    """Answer comments.list: comments are not kept here."""
    drive.line(call, write=False)
    return {"kind": "drive#commentList", "comments": []}
