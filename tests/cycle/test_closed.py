"""Rows that Google does not let syncd change are left alone; everything else goes on."""

from syncd.sheet.client import RefusedError
from tests.world import Json, World

TAB = "Influencers"


def cells(world: World, row: int, first: int, last: int) -> Json:
    """Return the range of a row's cells, the columns half-open and counted from 0."""
    where = {"sheetId": world.sheet_id(TAB), "startRowIndex": row - 1, "endRowIndex": row}
    return where | {"startColumnIndex": first, "endColumnIndex": last}


def protect(world: World, row: int) -> None:
    """Let only Anna change a row."""
    rule = {"range": cells(world, row, 0, 10), "editors": {"users": ["anna"]}}
    world.batch({"addProtectedRange": {"protectedRange": rule}})


def change_all(world: World) -> None:
    """Give syncd something to write in each row."""
    world.crm("UPDATE influencers SET followers = followers + 1000")


def followers(world: World) -> list[object]:
    """Return what the sheet shows of a column."""
    return [row["Followers"] for row in world.rows(TAB)]


def test_protected_row_is_left_alone(connected: World) -> None:
    """A row that somebody protected keeps its values, with its reason told; the others go on."""
    protect(connected, 3)
    change_all(connected)
    report = connected.cycle()
    assert followers(connected) == [1100, 200, 1300]
    assert list(report.paused.values()) == ["a cell of this row is protected"]
    connected.calls()
    connected.cycle()
    connected.cycle()
    assert connected.calls()[1] == 0


def test_protected_row_goes_on_when_it_is_open_again(connected: World) -> None:
    """What was held back by a protection is written once the protection is gone."""
    protect(connected, 3)
    change_all(connected)
    connected.cycle()
    sheets = connected.book()["sheets"]
    rules = [r for s in sheets for r in s.get("protectedRanges", []) if not r.get("warningOnly")]
    connected.batch({"deleteProtectedRange": {"protectedRangeId": rules[0]["protectedRangeId"]}})
    connected.ws.paused_until = 0
    connected.settle()
    assert followers(connected) == [1100, 1200, 1300]


def test_row_with_a_protected_cell_says_that_it_is_left_alone(connected: World) -> None:
    """A cell shows another value than the CRM holds: its row does not say that it is in sync."""
    rule = {"range": cells(connected, 3, 4, 5), "editors": {"users": ["anna"]}}
    added = connected.batch({"addProtectedRange": {"protectedRange": rule}})
    change_all(connected)
    connected.cycle()
    assert followers(connected) == [1100, 200, 1300]
    status = connected.row(TAB, "Bea")["Sync"]
    assert status == "Paused: a cell of this row is protected"
    connected.calls()
    connected.cycle()
    connected.ws.paused_until = 0
    connected.settle()
    assert connected.calls()[1] == 0
    number = added["replies"][0]["addProtectedRange"]["protectedRange"]["protectedRangeId"]
    connected.batch({"deleteProtectedRange": {"protectedRangeId": number}})
    connected.ws.paused_until = 0
    connected.settle()
    assert followers(connected) == [1100, 1200, 1300]
    assert connected.row(TAB, "Bea")["Sync"] == "In sync"


def test_row_protected_in_the_window_is_left_alone(connected: World) -> None:
    """A protection that comes between the read and the write costs that row only."""
    change_all(connected)
    connected.type(TAB, "D2", "Travel")  # so that the rows do not lie in one block
    connected.client.before = lambda: protect(connected, 2)
    connected.cycle()
    assert followers(connected) == [100, 1200, 1300]
    assert len(connected.ws.paused) == 1


def test_merged_row_is_left_alone(connected: World) -> None:
    """A cell that another one covers takes no value: its row waits, the others go on."""
    merge = {"range": cells(connected, 3, 3, 5), "mergeType": "MERGE_ALL"}
    connected.batch({"mergeCells": merge})
    change_all(connected)
    report = connected.cycle()
    assert [row.get("Followers") for row in connected.rows(TAB)] == [1100, None, 1300]
    assert list(report.paused.values()) == ["a cell of this row is merged with others"]


def test_new_rows_below_a_protected_table_wait(connected: World) -> None:
    """Where no row may be added, the new ones wait and the cells are written."""
    rule = {"range": {"sheetId": connected.sheet_id(TAB)}, "editors": {"users": ["anna"]}}
    free = cells(connected, 2, 0, 10) | {"endRowIndex": 4}
    rule |= {"unprotectedRanges": [free]}
    connected.batch({"addProtectedRange": {"protectedRange": rule}})
    change_all(connected)
    connected.crm("INSERT INTO influencers (name, platform) VALUES ('Dora', 'blog')")
    connected.cycle()
    assert followers(connected) == [1100, 1200, 1300]
    assert len(connected.ws.paused) == 1


def test_array_formula_is_never_written_into(connected: World) -> None:
    """A cell that an array formula fills is not written, as a value there would break it."""
    connected.type(TAB, "H2", "=ARRAYFORMULA(D2:D3)")
    connected.crm("UPDATE influencers SET notes = 'mine' WHERE name = 'Bea'")
    connected.cycle()
    assert connected.row(TAB, "Bea").get("Notes") in {"Food", "mine"}


def test_table_that_is_refused_for_three_reasons_halts_alone(connected: World) -> None:
    """After three different refusals the table is held, with the reasons; the others go on."""
    send, refused = connected.client.write, list[str]()

    def refusing(body: Json, *, fields: str) -> object:
        tab = connected.ws.layout().tabs["influencers"].sheet_id  # type: ignore[index]
        for index, request in enumerate(body["requests"]):
            start = request.get("updateCells", {}).get("start", {})
            if start.get("sheetId") == tab:
                refused.append(f"reason {len(refused)}")
                text = f"Invalid requests[{index}].updateCells: {refused[-1]}"
                raise RefusedError(text)
        return send(body, fields=fields)

    connected.client.write = refusing  # type: ignore[method-assign, assignment]
    change_all(connected)
    connected.crm("UPDATE influencers SET category = 'Mine' WHERE name = 'Bea'")
    connected.crm("UPDATE campaigns SET budget = 5 WHERE name = 'Summer'")
    connected.type(TAB, "H2", "a")
    connected.type(TAB, "H4", "c")
    report = connected.cycle()
    (halt,) = report.tables["influencers"].halts  # type: ignore[index]
    assert "reason 0; reason 1; reason 2" in halt.rail
    assert connected.ws.crm.halts.current()[0].rail == halt.rail
    assert not report.tables["campaigns"].halts  # type: ignore[index]
    assert connected.row("Campaigns", "Summer")["Budget"] == 5
    assert followers(connected) == [100, 200, 300]
    connected.client.write = send  # type: ignore[method-assign]
    connected.ws.paused_until = 0
    connected.settle()
    assert followers(connected) == [1100, 1200, 1300]
    assert not connected.ws.crm.halts.current()


def test_new_row_that_is_refused_holds_up_nothing_else(filled: World) -> None:
    """Google refuses a new row without a reason that can be read: the row waits, others go on."""
    send, refused = filled.client.write, list[int]()
    tab = filled.ws.layout().tabs["influencers"].sheet_id  # type: ignore[index]

    def refusing(body: Json, *, fields: str) -> object:
        for index, request in enumerate(body["requests"]):
            start = request.get("updateCells", {}).get("start", {})
            if (start.get("sheetId"), start.get("rowIndex")) == (tab, 4):
                refused.append(index)
                raise RefusedError(f"Invalid requests[{index}].updateCells: not this row")
        return send(body, fields=fields)

    filled.client.write = refusing  # type: ignore[method-assign, assignment]
    filled.type(TAB, "A5", "Dora")
    filled.type(TAB, filled.at(TAB, "Bea", "Followers"), "not a number")
    report = filled.settle()
    assert ("influencers", "row 5") in report.paused
    assert filled.row(TAB, "Bea")["Sync"].startswith("Refused")
    assert len(refused) == 1


def sort_visible(world: World) -> None:
    """Sort the rows backwards without their hidden ids."""
    titles = world.grid(TAB)[0]
    area = {"sheetId": world.sheet_id(TAB), "startRowIndex": 1, "endRowIndex": 4}
    area |= {"startColumnIndex": 0, "endColumnIndex": titles.index("syncd id")}
    specs = [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}]
    world.batch({"sortRange": {"range": area, "sortSpecs": specs}})


def ids(world: World) -> dict[object, object]:
    """Return the ids that the rows show, by name."""
    return {row["Influencer"]: row["syncd id"] for row in world.rows(TAB)}


def test_paused_row_takes_its_own_id_after_a_sort(connected: World) -> None:
    """Ids that follow a sort follow to a row with merged cells as well: no id stands twice."""
    before = ids(connected)
    sort_visible(connected)
    merge = {"range": cells(connected, 4, 3, 5), "mergeType": "MERGE_ALL"}
    connected.batch({"mergeCells": merge})
    change_all(connected)
    report = connected.cycle()
    assert list(report.paused.values()) == ["a cell of this row is merged with others"]
    assert ids(connected) == before
    assert connected.records("influencers")[str(before["Ada"])].values["followers"] == 1100


def test_row_that_is_paused_follows_a_later_sort(connected: World) -> None:
    """A row that was paused before the rows were sorted takes its id as well, and nothing else."""
    before = ids(connected)
    merge = {"range": cells(connected, 2, 3, 5)}
    connected.batch({"mergeCells": merge | {"mergeType": "MERGE_ALL"}})
    change_all(connected)
    assert connected.cycle().paused
    connected.batch({"unmergeCells": merge})
    connected.type(TAB, connected.at(TAB, "Ada", "Followers"), 100)
    sort_visible(connected)
    connected.cycle()
    assert ids(connected) == before
    assert connected.row(TAB, "Ada")["Followers"] == 100


def test_id_of_a_paused_row_that_is_closed_itself_is_left(connected: World) -> None:
    """Where not even the id may be written nothing is, and the other rows go on."""
    sort_visible(connected)
    protect(connected, 4)
    before = connected.grid(TAB)[3]
    connected.cycle()
    connected.cycle()
    assert connected.grid(TAB)[3] == before
