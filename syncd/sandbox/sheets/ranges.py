"""The methods of `spreadsheets.values`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from syncd.sandbox.book import a1
from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.model import Area, Book
from syncd.sandbox.errors import ApiError, Json, invalid
from syncd.sandbox.sheets.appending import append
from syncd.sandbox.sheets.calls import Call
from syncd.sandbox.sheets.values import Rendering, echoed, filtered_areas, value_range
from syncd.sandbox.sheets.writing import (
    Written,
    add_written,
    by_rows,
    check_values,
    input_option,
    totals,
    write_values,
)
from syncd.sandbox.state.service import Service

Method = Callable[[Service, Call, Json], Json]


def get(service: Service, call: Call, body: Json) -> Json:
    """Answer spreadsheets.values.get."""
    del body
    book = service.reading(call.book_id, call.actor)
    return value_range(book, a1.parse_a1(book, call.path["range"]), Rendering(call.query))


def batch_get(service: Service, call: Call, body: Json) -> Json:
    """Answer spreadsheets.values.batchGet."""
    del body
    book = service.reading(call.book_id, call.actor)
    options = Rendering(call.query)
    areas = [a1.parse_a1(book, text) for text in call.many("ranges")]
    found = [value_range(_version(service, call, i), a, options) for i, a in enumerate(areas)]
    return {"spreadsheetId": call.book_id} | ({"valueRanges": found} if found else {})


def _version(service: Service, call: Call, place: int) -> Book:
    """Give the version that one of several ranges is read from; torn reads have an older one."""
    return (
        service.torn(call.book_id, call.actor)
        if place
        else service.reading(call.book_id, call.actor)
    )


def batch_get_by_filter(service: Service, call: Call, body: Json) -> Json:
    """Answer spreadsheets.values.batchGetByDataFilter."""
    book = service.reading(call.book_id, call.actor)
    options = Rendering(body)
    filters = body.get("dataFilters", [])
    if not filters:
        raise invalid("Must specify at least one dataFilter.")
    found: dict[str, Json] = {}
    places: dict[str, tuple[int, ...]] = {}
    for index, data_filter in enumerate(filters):
        with _part("dataFilter", index):
            for area in filtered_areas(book, data_filter):
                answer = value_range(_version(service, call, index), area, options)
                places.setdefault(answer["range"], _place(book, area))
                entry = found.setdefault(answer["range"], {"valueRange": answer, "dataFilters": []})
                entry["dataFilters"].append(echoed(data_filter))
    ordered = [found[name] for name in sorted(found, key=lambda name: places[name])]
    return {"spreadsheetId": call.book_id} | ({"valueRanges": ordered} if ordered else {})


def _place(book: Book, area: Area) -> tuple[int, ...]:
    """Give what answers by filter are ordered by: the tab, then the column before the row."""
    return book.position(area.sheet_id), area.left, area.top, area.right, area.bottom


def update(service: Service, call: Call, body: Json) -> Json:
    """Answer spreadsheets.values.update."""
    batch = service.batch(call.book_id, call.actor)
    asked = call.path["range"]
    _check_same(batch.book, asked, body.get("range"))
    written = _write(batch, asked, body, input_option(call.query), call.query)
    service.commit(batch, f"values {written.answer['updatedRange']}")
    return written.answer


def _check_same(book: Book, asked: str, given: str | None) -> None:
    """Refuse a body whose range is another one than the address names."""
    if not given or given == asked:
        return
    try:
        same = a1.parse_a1(book, given) == a1.parse_a1(book, asked)
    except ApiError:
        same = False
    if not same:
        raise invalid(f"Request range[{asked}] does not match value's range[{given}]")


def _write(batch: Batch, asked: str, given: Json, option: str, query: Json) -> Written:
    area, rows = a1.parse_a1(batch.book, asked), by_rows(given)
    if len(rows) > area.bottom - area.top or any(len(r) > area.right - area.left for r in rows):
        a1.parse_a1(batch.book, asked, clamp=False)  # it is the grid that ends too early
    bounded = ":" in asked.rpartition("!")[2] or area.bottom - area.top > 1
    bounded = bounded or area.right - area.left > 1
    written = write_values(batch, area, rows, option, bounded=bounded)
    shown = area if bounded else written.area._replace(top=area.top, left=area.left)
    add_written(batch, written, shown, query, given.get("majorDimension", "ROWS"))
    return written


@contextmanager
def _part(name: str, index: int) -> Iterator[None]:
    """Tell in a refusal which part of the body it is about."""
    try:
        yield
    except ApiError as error:
        if error.code != 400:
            raise
        raise ApiError(400, f"Invalid {name}[{index}]: {error.message}") from error


def batch_update(service: Service, call: Call, body: Json) -> Json:
    """Answer spreadsheets.values.batchUpdate."""
    batch = service.batch(call.book_id, call.actor)
    option, found = input_option(body), []
    for index, given in enumerate(body.get("data", [])):
        with _part("data", index):
            found.append(_write(batch, given.get("range", ""), given, option, body))
    return _answer(service, call, batch, found)


def batch_update_by_filter(service: Service, call: Call, body: Json) -> Json:
    """Answer spreadsheets.values.batchUpdateByDataFilter."""
    batch = service.batch(call.book_id, call.actor)
    option, found = input_option(body), []
    for index, given in enumerate(body.get("data", [])):
        data_filter = given.get("dataFilter", {})
        with _part("data", index):
            areas = filtered_areas(batch.book, data_filter)
            if not areas and service.settings["unmatched_filter_fails"]:
                raise invalid("No ranges match the data filter.")
            for area in areas:
                written = write_values(batch, area, by_rows(given), option, bounded=True)
                add_written(batch, written, area, body, given.get("majorDimension", "ROWS"))
                del written.answer["spreadsheetId"]
                written.answer["dataFilter"] = echoed(data_filter)
                found.append(written)
    return _answer(service, call, batch, found)


def _answer(service: Service, call: Call, batch: Batch, found: list[Written]) -> Json:
    service.commit(batch, f"values {len(found)} ranges")
    answer = {"spreadsheetId": call.book_id} | totals(found)
    return answer | ({"responses": [w.answer for w in found]} if found else {})


def append_values(service: Service, call: Call, body: Json) -> Json:
    """Answer spreadsheets.values.append."""
    batch = service.batch(call.book_id, call.actor)
    asked, option, rows = call.path["range"], input_option(call.query), by_rows(body)
    _check_same(batch.book, asked, body.get("range"))
    check_values(rows)
    answer = append(batch, a1.parse_a1(batch.book, asked), rows, option, call.query)
    service.commit(batch, f"append {answer['updates']['updatedRange']}")
    return answer


def clear(service: Service, call: Call, body: Json) -> Json:
    """Answer spreadsheets.values.clear."""
    del body
    batch = service.batch(call.book_id, call.actor)
    area = a1.parse_a1(batch.book, call.path["range"])
    _clear_area(batch, area)
    cleared = a1.render(batch.book, area)
    service.commit(batch, f"clear {cleared}")
    return {"spreadsheetId": call.book_id, "clearedRange": cleared}


def batch_clear(service: Service, call: Call, body: Json) -> Json:
    """Answer spreadsheets.values.batchClear and batchClearByDataFilter."""
    batch = service.batch(call.book_id, call.actor)
    if "dataFilters" in body:
        areas = [a for f in body["dataFilters"] for a in filtered_areas(batch.book, f)]
    else:
        areas = [a1.parse_a1(batch.book, text) for text in body.get("ranges", [])]
    for area in areas:
        _clear_area(batch, area)
    service.commit(batch, f"clear {len(areas)} ranges")
    cleared = [a1.render(batch.book, area) for area in areas]
    return {"spreadsheetId": call.book_id} | ({"clearedRanges": cleared} if cleared else {})


def _clear_area(batch: Batch, area: Area) -> None:
    """Clear the values of an area; formats, notes and validation stay."""
    batch.guard(area)
    sheet = batch.sheet(area.sheet_id)
    for index in range(area.top, min(area.bottom, len(sheet.rows))):
        changed = {
            column: cell._replace(value=None, runs=None, chips=None)
            for column, cell in sheet.rows[index].cells.items()
            if area.left <= column < area.right and cell.value is not None
        }
        if changed:
            sheet.put_cells(index, changed)


METHODS: dict[str, Method] = {
    "spreadsheets.values.get": get,
    "spreadsheets.values.batchGet": batch_get,
    "spreadsheets.values.batchGetByDataFilter": batch_get_by_filter,
    "spreadsheets.values.update": update,
    "spreadsheets.values.batchUpdate": batch_update,
    "spreadsheets.values.batchUpdateByDataFilter": batch_update_by_filter,
    "spreadsheets.values.append": append_values,
    "spreadsheets.values.clear": clear,
    "spreadsheets.values.batchClear": batch_clear,
    "spreadsheets.values.batchClearByDataFilter": batch_clear,
}
