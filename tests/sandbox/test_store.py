"""The file behind `--data`: what it keeps, through kills, moved rows and other formats."""

import random
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from syncd.sandbox import Sandbox
from syncd.sandbox.state import store


def whole(ask: Any, box: Sandbox, book: str) -> Any:
    """Give all that a spreadsheet shows."""
    return ask("GET", f"/v4/spreadsheets/{book}?includeGridData=true", base=box.url)[1]["sheets"]


def stored_rows(path: Path) -> int:
    """Count the rows that a file holds."""
    with sqlite3.connect(path) as base:
        found = base.execute("SELECT count(*) FROM grid_row").fetchone()[0]
    base.close()
    return int(found)


def moved(kind: str, start: int, end: int, **more: Any) -> Any:
    """Give a request about some rows of the first tab."""
    rows = {"sheetId": 0, "dimension": "ROWS", "startIndex": start, "endIndex": end}
    return {kind: {"range" if kind != "moveDimension" else "source": rows, **more}}


def test_rows_survive_however_they_moved(
    tmp_path: Path, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After random writes, insertions, moves and deletions the file holds just what is shown."""
    monkeypatch.setattr(store, "_BLOCK_ROWS", 4)
    path, dice = tmp_path / "books.db", random.Random(5)
    with Sandbox(data=path) as box:
        book = ask("POST", "/v4/spreadsheets", {}, base=box.url)[1]["spreadsheetId"]
        batch = f"/v4/spreadsheets/{book}:batchUpdate"
        for step in range(60):
            at = dice.randrange(12)
            cells = f"/v4/spreadsheets/{book}/values/A{at + 1}?valueInputOption=RAW"
            ask("PUT", cells, {"values": [[f"{step}"]]}, base=box.url)
            request = dice.choice(
                [
                    moved("insertDimension", at, at + dice.randrange(1, 4)),
                    moved("deleteDimension", at, at + dice.randrange(1, 3)),
                    moved("moveDimension", at, at + 2, destinationIndex=at + 6),
                    {"duplicateSheet": {"sourceSheetId": 0, "newSheetId": 1000 + step}},
                    {"sortRange": {"range": {"sheetId": 0}, "sortSpecs": [{}]}},
                ]
            )
            assert ask("POST", batch, {"requests": [request]}, base=box.url)[0] == 200
        before = whole(ask, box, book)
    with Sandbox(data=path) as box:
        assert whole(ask, box, book) == before
        for sheet in before[1:]:
            request = {"deleteSheet": {"sheetId": sheet["properties"]["sheetId"]}}
            assert ask("POST", batch, {"requests": [request]}, base=box.url)[0] == 200
        cleared = ask("POST", f"/v4/spreadsheets/{book}/values/A1:Z1000:clear", base=box.url)
        assert cleared[0] == 200
        ask("POST", batch, {"requests": [moved("deleteDimension", 0, 900)]}, base=box.url)
    assert stored_rows(path) <= 100


def test_a_later_format_is_refused(tmp_path: Path) -> None:
    """A file of a later version is left alone, and the command says why."""
    path = tmp_path / "books.db"
    with Sandbox(data=path):
        pass
    with sqlite3.connect(path) as base:
        base.execute("PRAGMA user_version = 99")
    base.close()
    command = [sys.executable, "-m", "syncd", "sandbox", "--port", "0", "--data", str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "its format is 99" in ended.stderr


def test_another_programs_file_is_refused(tmp_path: Path) -> None:
    """A database of something else, or no database at all, is not written into."""
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE song (title TEXT)")
    base.close()
    with pytest.raises(sqlite3.DatabaseError, match="another program"):
        Sandbox(data=path)
    text = tmp_path / "text.db"
    text.write_text("no database " * 100)
    with pytest.raises(sqlite3.DatabaseError):
        Sandbox(data=text)


def test_the_first_format_is_brought_up(tmp_path: Path, ask: Any) -> None:
    """A file whose sheets still hold all row numbers in one piece is read, and written anew."""
    path = tmp_path / "books.db"
    with Sandbox(data=path) as box:
        book = ask("POST", "/v4/spreadsheets", {}, base=box.url)[1]["spreadsheetId"]
        cells = f"/v4/spreadsheets/{book}/values/A1:A700"
        given = {"values": [[str(n)] for n in range(700)]}
        ask("PUT", f"{cells}?valueInputOption=RAW", given, base=box.url)
    with sqlite3.connect(path) as base:
        blocks = base.execute("SELECT ids FROM row_block ORDER BY number").fetchall()
        content = base.execute("SELECT book, id, content FROM sheet").fetchone()
        base.execute("DROP TABLE row_block")
        base.execute("DROP TABLE sheet")
        base.execute(
            "CREATE TABLE sheet (book TEXT NOT NULL, id INTEGER NOT NULL, content TEXT NOT NULL, "
            "row_ids BLOB NOT NULL, PRIMARY KEY (book, id)) STRICT"
        )
        joined = b"".join(block for (block,) in blocks)
        base.execute("INSERT INTO sheet VALUES (?, ?, ?, ?)", (*content, joined))
        base.execute("PRAGMA user_version = 0")
    base.close()
    for _ in range(2):
        with Sandbox(data=path) as box:
            assert ask("GET", cells, base=box.url)[1]["values"] == given["values"]
