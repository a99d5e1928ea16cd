"""Both sides as people see them: the sheet over HTTP as the team, the CRM by plain SQLite."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from syncd.demo.rows import Row

PERSON = "team"
TIMEOUT_S = 10.0
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Team:
    """A person who works in spreadsheets through the public API and knows nothing of syncd."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.http.trust_env = False  # no proxy stands before this machine's own address
        self.http.headers["X-Sandbox-User"] = PERSON

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def ask(self, verb: str, path: str, body: Any = None, **query: str) -> Any:
        """Send one request; a refusal is raised as an HTTPError."""
        answer = self.http.request(
            verb, self.url + path, json=body, params=query, timeout=TIMEOUT_S
        )
        answer.raise_for_status()
        return answer.json()

    def make_spreadsheet(self, title: str, tab: str = "") -> "Sheet":
        """Make a spreadsheet with one empty tab."""
        body: dict[str, Any] = {"properties": {"title": title}}
        if tab:
            body["sheets"] = [{"properties": {"title": tab}}]
        return Sheet(self, str(self.ask("POST", "/v4/spreadsheets", body)["spreadsheetId"]))


class Sheet:
    """One spreadsheet; rows are known by the text of their first column."""

    def __init__(self, team: Team, spreadsheet: str) -> None:
        self.team = team
        self.id = spreadsheet
        self.path = f"/v4/spreadsheets/{spreadsheet}"

    @property
    def page(self) -> str:
        """The address to open in a browser."""
        return f"{self.team.url}/spreadsheets/d/{self.id}/edit"

    def exists(self) -> bool:
        """Whether the sandbox has this spreadsheet."""
        answer = self.team.http.get(self.team.url + self.path, timeout=TIMEOUT_S)
        return answer.ok

    def grid(self, tab: str) -> list[list[str]]:
        """Return a tab's texts as they are shown, the titles first."""
        address = f"{self.path}/values/{quote(tab)}"
        found: list[list[str]] = self.team.ask("GET", address).get("values", [])
        return found

    def rows(self, tab: str) -> list[Row]:
        """Return a tab's rows by their titles, blank cells as empty texts."""
        titles, *rows = self.grid(tab)
        padded = (row + [""] * (len(titles) - len(row)) for row in rows)
        return [dict(zip(titles, row, strict=False)) for row in padded]

    def row(self, tab: str, name: str) -> Row | None:
        """Return the first row of that name."""
        found = (row for row in self.rows(tab) if next(iter(row.values()), "") == name)
        return next(found, None)

    def type(self, tab: str, name: str, title: str, text: str) -> None:
        """Type a text into one cell, as a person does; an empty one clears it."""
        grid = self.grid(tab)
        number = next(i for i, row in enumerate(grid, start=1) if row and row[0] == name)
        self.put(tab, f"{_LETTERS[grid[0].index(title)]}{number}", [[text]])

    def add(self, tab: str, rows: list[Row]) -> None:
        """Type rows below the last one, each value under its title."""
        grid = self.grid(tab)
        titles = grid[0]
        width = 1 + max(titles.index(title) for row in rows for title in row)
        values = [[row.get(title, "") for title in titles[:width]] for row in rows]
        self.put(tab, f"A{len(grid) + 1}", values)

    def put(self, tab: str, cell: str, values: list[list[str]]) -> None:
        """Type values from a cell on."""
        address = f"{self.path}/values/{quote(tab)}!{cell}"
        self.team.ask("PUT", address, {"values": values}, valueInputOption="USER_ENTERED")


class Records:
    """The CRM's file, opened by somebody who has nothing but SQLite."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def influencer(self, name: str) -> dict[str, Any] | None:
        """Return the record of an influencer who is in use."""
        found = self._rows(
            "SELECT * FROM influencers WHERE name = ? AND archived_at IS NULL", [name]
        )
        return found[0] if found else None

    def count(self, table: str) -> int:
        """Return how many records of a table are in use."""
        return len(self._rows(f"SELECT id FROM {table} WHERE archived_at IS NULL"))  # noqa: S608 # a fixed name

    def _rows(self, sql: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        address = f"{self.path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=TIMEOUT_S)) as base:
            base.row_factory = sqlite3.Row
            return [dict(row) for row in base.execute(sql, values or [])]

    @contextmanager
    def editing(self, name: str, field: str, value: object) -> Iterator[None]:
        """Change one value; what happens in between happens before anybody sees it."""
        with closing(sqlite3.connect(self.path, timeout=TIMEOUT_S, isolation_level=None)) as base:
            base.execute("BEGIN IMMEDIATE")
            base.execute(f'UPDATE influencers SET "{field}" = ? WHERE name = ?', [value, name])  # noqa: S608 # a fixed name
            yield
            base.execute("COMMIT")

    def edit(self, name: str, field: str, value: object) -> None:
        """Change one value of an influencer."""
        with self.editing(name, field, value):
            pass
