"""Rows out of sight: taken into sight within a batch where copies would leave them out.

Nobody could verify whether Google's copyPaste copies rows that a filter or a person hides. Where
it does not, the filter is off and the rows are shown from the first request to the last; people
see nothing of it, as the batch is one step.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from syncd.sheet.cells import Json, runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What hides rows of a tab: its filter as it was read, and the rows that a person hid."""

    sheet_id: int
    filter: Json
    hidden: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, sheet: Json, rows: Iterable[int]) -> "Cover":
        """Return what hides some rows of a tab, from an answer with grid data."""
        wanted, hidden = {0, *rows}, list[int]()
        for part in sheet.get("data", []):
            for at, row in enumerate(part.get("rowMetadata", []), start=part.get("startRow", 0)):
                if row.get("hiddenByUser") and at in wanted:
                    hidden.append(at)
        return cls(
            sheet_id=int(sheet.get("properties", {}).get("sheetId", 0)),
            filter=sheet.get("basicFilter", {}),
            hidden=list(runs(hidden)),
        )

    def taken_off(self) -> list[Json]:
        """Return what shows everything, before anything is copied."""
        off: list[Json] = [{"clearBasicFilter": {"sheetId": self.sheet_id}}] if self.filter else []
        return off + [self._hide(run, hidden=False) for run in self.hidden]

    def rows_hidden(self) -> list[Json]:
        """Return what hides the rows again that a person hid, while none has moved yet."""
        return [self._hide(run, hidden=True) for run in self.hidden]

    def filter_set(self, added: Sequence[int], removed: Sequence[int]) -> list[Json]:
        """Return what sets the filter as it was read, last of all: it may sort the rows.

        `added` are the places before which rows were inserted, one each.
        """
        if not self.filter:
            return []
        area = dict(self.filter.get("range", {}))
        for edge in ("startRowIndex", "endRowIndex"):
            if edge in area:
                more = sum(1 for at in added if at < area[edge])
                fewer = sum(1 for at in removed if at < area[edge])
                area[edge] += more - fewer
        return [{"setBasicFilter": {"filter": self.filter | {"range": area}}}]

    def _hide(self, run: tuple[int, int], *, hidden: bool) -> Json:
        span = {
            "sheetId": self.sheet_id,
            "dimension": "ROWS",
            "startIndex": run[0],
            "endIndex": run[1],
        }
        change = {"range": span, "properties": {"hiddenByUser": hidden}, "fields": "hiddenByUser"}
        return {"updateDimensionProperties": change}
