"""Rows out of sight: taken into sight within a batch where copies would leave them out.

Nobody could verify whether Google's copyPaste copies rows that a filter or a person hides. Where
it does not, there is no filter and all rows that are copied are shown from the first request to
the last; people see nothing of it, as the batch is one step. Not only what was read as hidden: a
hidden row may have come to stand where a row is written to, or somebody may have hidden it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from syncd.sheet.cells import Json, runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What hides rows of a tab: its filter as it was read, and the rows that a person hid.

    `copied` are the rows that have to be in sight.
    """

    sheet_id: int
    filter: Json
    hidden: Sequence[tuple[int, int]]
    copied: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, sheet: Json, rows: Iterable[int]) -> "Cover | None":
        """Return what hides some rows of a tab, from an answer with grid data.

        None where it cannot be taken off: the tab is protected, save for some of its cells.
        """
        if any(map(_closes, sheet.get("protectedRanges", []))):
            return None
        wanted, hidden = {0, *rows}, list[int]()
        for part in sheet.get("data", []):
            for at, row in enumerate(part.get("rowMetadata", []), start=part.get("startRow", 0)):
                if row.get("hiddenByUser") and at in wanted:
                    hidden.append(at)
        return cls(
            sheet_id=int(sheet.get("properties", {}).get("sheetId", 0)),
            filter=sheet.get("basicFilter", {}),
            hidden=list(runs(hidden)),
            copied=list(runs(wanted)),
        )

    def taken_off(self) -> list[Json]:
        """Return what shows everything that is copied, before it is; a tab may have no filter."""
        shown = [self._hide(run, hidden=False) for run in self.copied]
        return [{"clearBasicFilter": {"sheetId": self.sheet_id}}, *shown]

    def rows_hidden(self) -> list[Json]:
        """Return what hides the rows again that a person hid, while the batch has moved none."""
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


def _closes(rule: Json) -> bool:
    """Whether a protection is of a whole tab, and syncd may not edit there."""
    sides = rule.get("range", {}).keys() - {"sheetId"}
    return not (sides or rule.get("warningOnly") or rule.get("requestingUserCanEdit"))
