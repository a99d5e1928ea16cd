"""What people said of rows that were left alone, and which rows they can say it of."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from syncd.core.seen import Answer, Said
from syncd.core.snapshot import RowId, TableName, Values
from syncd.crm.state import State, dump


class Settled:
    """The rows that are held, and the answers; written inside the caller's transaction."""

    def __init__(self, state: State) -> None:
        self.state = state

    def held(self, table: TableName) -> dict[RowId, Values]:
        """Return the rows of a table that are held, with what stands in them."""
        return self._all("held").get(table, {})

    def copies(self, table: TableName) -> dict[RowId, dict[int, Values]]:
        """Return the rows that may be one record, by its id: their numbers, and what they hold."""
        found = self._all("copies").get(table, {})
        return {row: {int(n): values for n, values in each.items()} for row, each in found.items()}

    def write_held(
        self,
        table: TableName,
        held: Mapping[RowId, Values],
        settled: Collection[RowId],
        copies: Mapping[RowId, Mapping[int, Values]],
    ) -> None:
        """Replace the rows of a table that are held; answers that have served are forgotten."""
        self._put("held", table, held)
        self._put("copies", table, copies)
        kept = {*held, *settled, *copies}
        answers = self._all("answers").get(table, {})
        self._put("answers", table, {row: said for row, said in answers.items() if row in kept})

    def said(self, table: TableName) -> dict[RowId, Said]:
        """Return what was said of rows of a table."""
        return {
            row: Said(answer=Answer(word), values=values)
            for row, (word, values) in self._all("answers").get(table, {}).items()
        }

    def say(self, table: TableName, row: RowId, answer: Answer) -> None:
        """Remember what a person said of a row that is held, with what stands in it."""
        said = self._all("answers").get(table, {})
        self._put("answers", table, said | {row: [answer.value, self.held(table)[row]]})

    def keep(self, table: TableName, row: RowId, number: int) -> None:
        """Remember which of several rows keeps a record, with what stands in it."""
        values = self.copies(table)[row][number]
        said = self._all("answers").get(table, {})
        self._put("answers", table, said | {row: [Answer.KEEPS.value, values]})

    def _all(self, key: str) -> dict[str, dict[RowId, Any]]:
        found: dict[str, dict[RowId, Any]] = json.loads(self.state.get(key) or "{}")
        return found

    def _put(self, key: str, table: TableName, rows: Mapping[RowId, object]) -> None:
        tables = {**self._all(key), table: rows}
        text = dump({name: each for name, each in sorted(tables.items()) if each})
        if text != (self.state.get(key) or "{}"):
            self.state.set(key, text)
