"""The books on disk: one SQLite file, rows stored one by one, written with every revision."""

import json
import sqlite3
from array import array
from pathlib import Path
from typing import Any

from syncd.sandbox.book.card import Folder, dump_card, load_card
from syncd.sandbox.book.model import EMPTY_ROW, Book, Cell, Formula, Row, Sheet
from syncd.sandbox.errors import Json
from syncd.sandbox.protocol.wire import compact
from syncd.sandbox.state.changes import Change
from syncd.sandbox.state.difference import exchanged
from syncd.sandbox.state.service import Revision

_SCHEMA = """
CREATE TABLE IF NOT EXISTS book (id TEXT PRIMARY KEY, content TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sheet (book TEXT NOT NULL, id INTEGER NOT NULL, content TEXT NOT NULL,
    PRIMARY KEY (book, id)) STRICT;
CREATE TABLE IF NOT EXISTS row_block (book TEXT NOT NULL, sheet INTEGER NOT NULL,
    number INTEGER NOT NULL, ids BLOB NOT NULL, PRIMARY KEY (book, sheet, number)) STRICT;
CREATE TABLE IF NOT EXISTS grid_row (id INTEGER PRIMARY KEY, content TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS revision (book TEXT NOT NULL, number INTEGER NOT NULL,
    actor TEXT NOT NULL, time REAL NOT NULL, what TEXT NOT NULL, PRIMARY KEY (book, number)) STRICT;
CREATE TABLE IF NOT EXISTS folder (id TEXT PRIMARY KEY, content TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS change (file TEXT PRIMARY KEY, number INTEGER NOT NULL,
    time REAL NOT NULL, removed INTEGER NOT NULL) STRICT;
"""
FORMAT = 2
_BLOCK_ROWS = 512
_SHEET_PARTS = (
    "properties",
    "row_count",
    "column_count",
    "columns",
    "merges",
    "basic_filter",
    "filter_views",
    "protected",
    "conditional",
    "banded",
    "row_groups",
    "column_groups",
    "tables",
    "charts",
    "slicers",
)
_FOLDER_PARTS = ("name", "created", "modified", "revision")
_BOOK_PARTS = (
    "properties",
    "named",
    "metadata",
    "revision",
    "created",
    "modified",
)


def _dump_cell(cell: Cell) -> list[Any]:
    value: Any = [cell.value.text] if isinstance(cell.value, Formula) else cell.value
    parts: list[Any] = [value, cell.format, cell.note, cell.validation, cell.runs, cell.chips]
    while parts and parts[-1] is None:
        parts.pop()
    return parts


def _load_cell(parts: list[Any]) -> Cell:
    value, *rest = parts or [None]
    return Cell(Formula(value[0]) if isinstance(value, list) else value, *rest)


def _dump_row(row: Row) -> str:
    cells = {column: _dump_cell(cell) for column, cell in row.cells.items()}
    return compact([cells, row.hidden, row.pixels])


def _load_row(rid: int, text: str) -> Row:
    cells, hidden, pixels = json.loads(text)
    return Row({int(c): _load_cell(parts) for c, parts in cells.items()}, hidden, pixels, rid)


class FileStore:
    """Writes every revision in one transaction: only rows that the file does not know yet."""

    def __init__(self, path: Path) -> None:
        self.base = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.base.execute("PRAGMA journal_mode = WAL")
        self.base.execute("PRAGMA synchronous = NORMAL")
        self._upgrade()
        self.base.executescript(_SCHEMA)
        self.base.execute(f"PRAGMA user_version = {FORMAT}")
        self.written: dict[tuple[str, int], Sheet] = {}
        self.uses: dict[int, int] = {}

    def _upgrade(self) -> None:
        """Refuse a file that is no book file or of a later format; bring an earlier one up."""
        known = {name for (name,) in self.base.execute("SELECT name FROM sqlite_master")}
        found = self.base.execute("PRAGMA user_version").fetchone()[0]
        if found > FORMAT:
            raise sqlite3.DatabaseError(
                f"its format is {found}, but this version of syncd knows formats up to {FORMAT}"
            )
        if known and "grid_row" not in known:
            raise sqlite3.DatabaseError("it is another program's database")
        if found or not known:
            return
        self.base.execute("BEGIN IMMEDIATE")
        self.base.execute("ALTER TABLE sheet RENAME TO old_sheet")
        for statement in _SCHEMA.split(";"):
            self.base.execute(statement)
        self.base.execute("INSERT INTO sheet SELECT book, id, content FROM old_sheet")
        size = _BLOCK_ROWS * 8
        for book_id, sheet_id, ids in self.base.execute("SELECT book, id, row_ids FROM old_sheet"):
            blocks = [ids[at : at + size] for at in range(0, len(ids), size)]
            self.base.executemany(
                "INSERT INTO row_block VALUES (?, ?, ?, ?)",
                [(book_id, sheet_id, number, block) for number, block in enumerate(blocks)],
            )
        self.base.execute("DROP TABLE old_sheet")
        self.base.execute(f"PRAGMA user_version = {FORMAT}")
        self.base.execute("COMMIT")

    def save(self, book: Book, revisions: list[Revision]) -> None:
        """Write a book's version and the revisions that led to it since the last call."""
        parts = {name: getattr(book, name) for name in _BOOK_PARTS}
        content = compact(parts | {"card": dump_card(book.card)})
        order = [sheet.sheet_id for sheet in book.sheets]
        self.base.execute("BEGIN IMMEDIATE")
        try:
            self.base.execute(
                "INSERT OR REPLACE INTO book VALUES (?, ?)",
                (book.book_id, compact({"order": order, "content": json.loads(content)})),
            )
            known = [key for key in self.written if key[0] == book.book_id]
            for sheet in book.sheets:
                self._save_sheet(book.book_id, sheet)
            for key in known:
                if key[1] not in order:
                    self._drop_sheet(*key)
            self.base.executemany(
                "INSERT OR REPLACE INTO revision VALUES (?, ?, ?, ?, ?)",
                [(book.book_id, *revision) for revision in revisions],
            )
            self.base.execute("COMMIT")
        except BaseException:
            self.base.execute("ROLLBACK")
            raise

    def _save_sheet(self, book_id: str, sheet: Sheet) -> None:
        old = self.written.get((book_id, sheet.sheet_id))
        if old is sheet:
            return
        found = exchanged(old.rows if old else [], sheet.rows)
        self._keep(found.fresh)
        self._release(found.gone)
        content = compact({name: getattr(sheet, name) for name in _SHEET_PARTS})
        key = (book_id, sheet.sheet_id)
        self.base.execute("INSERT OR REPLACE INTO sheet VALUES (?, ?, ?)", (*key, content))
        for number in sorted({place // _BLOCK_ROWS for place in found.places}):
            block = sheet.rows[number * _BLOCK_ROWS : (number + 1) * _BLOCK_ROWS]
            ids = array("q", [row.rid for row in block]).tobytes()
            self.base.execute(
                "INSERT OR REPLACE INTO row_block VALUES (?, ?, ?, ?)", (*key, number, ids)
            )
        if old and len(sheet.rows) < len(old.rows):
            self._shorten(key, len(sheet.rows), sheet)
        self.written[key] = sheet

    def _shorten(self, key: tuple[str, int], length: int, sheet: Sheet) -> None:
        """Drop the blocks below the last row, and what the last block holds too much."""
        blocks = -(-length // _BLOCK_ROWS)
        self.base.execute(
            "DELETE FROM row_block WHERE book = ? AND sheet = ? AND number >= ?", (*key, blocks)
        )
        if length:
            block = sheet.rows[(blocks - 1) * _BLOCK_ROWS :]
            ids = array("q", [row.rid for row in block]).tobytes()
            self.base.execute(
                "INSERT OR REPLACE INTO row_block VALUES (?, ?, ?, ?)", (*key, blocks - 1, ids)
            )

    def _keep(self, fresh: list[Row]) -> None:
        """Write rows that no sheet has used so far; the empty row needs no writing."""
        new = []
        for row in fresh:
            uses = self.uses[row.rid] = self.uses.get(row.rid, 0) + 1
            if uses == 1 and row.rid:
                new.append((row.rid, _dump_row(row)))
        self.base.executemany("INSERT OR IGNORE INTO grid_row VALUES (?, ?)", new)

    def _release(self, gone: list[Row]) -> None:
        """Delete rows that no sheet uses any more."""
        dead = []
        for row in gone:
            self.uses[row.rid] -= 1
            if not self.uses[row.rid]:
                del self.uses[row.rid]
                dead.append((row.rid,))
        self.base.executemany("DELETE FROM grid_row WHERE id = ?", dead)

    def _drop_sheet(self, book_id: str, sheet_id: int) -> None:
        sheet = self.written.pop((book_id, sheet_id))
        self._release(sheet.rows)
        key = (book_id, sheet_id)
        self.base.execute("DELETE FROM sheet WHERE book = ? AND id = ?", key)
        self.base.execute("DELETE FROM row_block WHERE book = ? AND sheet = ?", key)

    def forget(self, book_id: str) -> None:
        """Remove a book or a folder."""
        self.base.execute("BEGIN IMMEDIATE")
        self.base.execute("DELETE FROM folder WHERE id = ?", (book_id,))
        for key in [key for key in self.written if key[0] == book_id]:
            self._drop_sheet(*key)
        self.base.execute("DELETE FROM book WHERE id = ?", (book_id,))
        self.base.execute("DELETE FROM revision WHERE book = ?", (book_id,))
        self.base.execute("COMMIT")

    def load(self) -> list[tuple[Book, list[Revision]]]:
        """Read all books with their histories."""
        rows = {
            rid: _load_row(rid, text)
            for rid, text in self.base.execute("SELECT id, content FROM grid_row WHERE id > 0")
        }
        Row.number_from(max(rows, default=0) + 1)
        loaded = []
        for book_id, text in self.base.execute("SELECT id, content FROM book").fetchall():
            parts = json.loads(text)
            sheets = {s.sheet_id: s for s in self._load_sheets(book_id, rows)}
            content: Json = parts["content"]
            content["metadata"] = {int(k): v for k, v in content["metadata"].items()}
            content["card"] = load_card(content["card"])
            book = Book(book_id=book_id, sheets=[sheets[i] for i in parts["order"]], **content)
            history = self.base.execute(
                "SELECT number, actor, time, what FROM revision WHERE book = ? ORDER BY number",
                (book_id,),
            )
            loaded.append((book, [Revision(*entry) for entry in history]))
        return loaded

    def _load_sheets(self, book_id: str, rows: dict[int, Row]) -> list[Sheet]:
        found = []
        query = "SELECT id, content FROM sheet WHERE book = ?"
        blocks = "SELECT ids FROM row_block WHERE book = ? AND sheet = ? ORDER BY number"
        for sheet_id, text in self.base.execute(query, (book_id,)).fetchall():
            content = json.loads(text)
            content["columns"] = {int(k): v for k, v in content["columns"].items()}
            ids = array("q")
            for (block,) in self.base.execute(blocks, (book_id, sheet_id)):
                ids.frombytes(block)
            sheet = Sheet(sheet_id, rows=[rows.get(i, EMPTY_ROW) for i in ids], **content)
            for rid in ids:
                self.uses[rid] = self.uses.get(rid, 0) + 1
            self.written[book_id, sheet_id] = sheet
            found.append(sheet)
        return found

    def save_folder(self, folder: Folder) -> None:
        """Write a folder."""
        parts = {name: getattr(folder, name) for name in _FOLDER_PARTS}
        content = compact(parts | {"card": dump_card(folder.card)})
        self.base.execute(
            "INSERT OR REPLACE INTO folder VALUES (?, ?)", (folder.folder_id, content)
        )

    def load_folders(self) -> list[Folder]:
        """Read all folders."""
        loaded = []
        for folder_id, text in self.base.execute("SELECT id, content FROM folder"):
            content = json.loads(text)
            content["card"] = load_card(content["card"])
            loaded.append(Folder(folder_id=folder_id, **content))
        return loaded

    def note(self, change: Change) -> None:
        """Write that a file changed."""
        self.base.execute(
            "INSERT OR REPLACE INTO change VALUES (?, ?, ?, ?)",
            (change.file_id, change.number, change.time, change.removed),
        )

    def load_changes(self) -> list[Change]:
        """Read the last change of every file."""
        found = self.base.execute("SELECT number, file, time, removed FROM change")
        return [Change(number, file, time, bool(gone)) for number, file, time, gone in found]

    def close(self) -> None:
        """Finish writing."""
        self.base.close()
