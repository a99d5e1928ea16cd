"""Spreadsheets as documents to look at: a PDF, web pages in an archive, an OpenDocument sheet."""

import html
import io
import re
import zipfile
from collections.abc import Iterable

from syncd.sandbox.book.evaluate import evaluator
from syncd.sandbox.book.model import Area, Book, Sheet
from syncd.sandbox.drive import text

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same book gives the same archive
_LINES_PER_PAGE = 66
_CHARACTERS_PER_LINE = 110
_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_NAMES = "urn:oasis:names:tc:opendocument:xmlns:"
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def visible(book: Book) -> list[Sheet]:
    """Give the tabs that a document of the whole book shows."""
    grids = [s for s in book.sheets if not s.is_object]
    return [s for s in grids if not s.properties.get("hidden")] or grids[:1]


def pages(book: Book, areas: Iterable[Area]) -> bytes:
    """Give areas as a PDF of plain lines, each area on pages of its own."""
    printed = []
    for area in areas:
        lines = [" | ".join(row)[:_CHARACTERS_PER_LINE] for row in text.rows(book, area)] or [""]
        starts = range(0, len(lines), _LINES_PER_PAGE)
        printed += [lines[start : start + _LINES_PER_PAGE] for start in starts]
    first = 4
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(printed)))
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(printed)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for n, lines in enumerate(printed):
        parts.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {first + 2 * n + 1} "
            "0 R /Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        content = b"BT /F1 9 Tf 11 TL 36 756 Td\n" + b"".join(map(_line, lines)) + b"ET"
        parts.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return _numbered(parts)


def _line(shown: str) -> bytes:
    plain = re.sub(r"[\r\n\t]", " ", shown).encode("cp1252", "replace")
    return b"(" + re.sub(rb"([\\()])", rb"\\\1", plain) + b") Tj T*\n"


def _numbered(parts: list[bytes]) -> bytes:
    """Put the objects of a PDF together, with the table of where each begins."""
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(parts) + 1)
    out += b"startxref\n%d\n%%%%EOF\n" % table
    return bytes(out)


def web_pages(book: Book, sheets: Iterable[Sheet]) -> bytes:
    """Give tabs as an archive of one web page each."""
    files = {}
    for sheet in sheets:
        rows = "".join(
            "<tr>" + "".join(f"<td>{_escaped(shown)}</td>" for shown in row) + "</tr>"
            for row in text.rows(book, sheet.whole())
        )
        page = f'<meta charset="utf-8"><table class="waffle"><tbody>{rows}</tbody></table>'
        files[re.sub(r"[/\\]", "_", sheet.title) + ".html"] = page
    return _archive(files)


def open_document(book: Book, sheets: Iterable[Sheet]) -> bytes:
    """Give tabs as an OpenDocument sheet: what shows, and the numbers behind it."""
    tables = "".join(_table(book, sheet) for sheet in sheets)
    spaces = "".join(f' xmlns:{n}="{_NAMES}{n}:1.0"' for n in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{spaces} '
        'office:version="1.2"><office:body><office:spreadsheet>'
        f"{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}"/>'
        for path, kind in (("/", _ODS), ("content.xml", "text/xml"))
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        f'xmlns:manifest="{_NAMES}manifest:1.0" manifest:version="1.2">{entries}'
        "</manifest:manifest>"
    )
    files = {"mimetype": _ODS, "content.xml": content, "META-INF/manifest.xml": manifest}
    return _archive(files)


def _table(book: Book, sheet: Sheet) -> str:
    results, rows = evaluator(book), []
    for index, row in enumerate(text.rows(book, sheet.whole())):
        cells = []
        for column, shown in enumerate(row):
            value = results.cell(sheet, index, column) if shown else None
            kind = 'office:value-type="string"'
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                kind = f'office:value-type="float" office:value="{value}"'
            inner = f" {kind}><text:p>{_escaped(shown)}</text:p></table:table-cell>"
            cells.append("<table:table-cell" + (inner if shown else "/>"))
        rows.append("<table:table-row>" + "".join(cells or ["<table:table-cell/>"]))
    body = "".join(f"{row}</table:table-row>" for row in rows)
    return f'<table:table table:name="{_escaped(sheet.title)}">{body}</table:table>'


def _escaped(shown: str) -> str:
    return html.escape(_UNPRINTABLE.sub("", shown))


def _archive(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            stored = name == "mimetype"
            entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()
