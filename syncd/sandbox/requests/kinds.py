"""The table of batchUpdate's request kinds, and the batch that runs them in order."""

from collections.abc import Callable
from typing import Any

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.errors import ApiError, Json, invalid
from syncd.sandbox.protocol.messages import camel, messages
from syncd.sandbox.requests import (
    banding,
    cells,
    charts,
    conditional,
    delimited,
    dimensions,
    embedded,
    filling,
    filtering,
    groups,
    merging,
    metadata,
    names,
    pasting,
    protection,
    replacing,
    sheets,
    shifting,
    slicers,
    sorting,
    tables,
    validation,
)

Kind = Callable[[Batch, Json], Json | None]

KINDS: dict[str, Kind] = {
    "addBanding": banding.add_banding,
    "addChart": charts.add_chart,
    "addConditionalFormatRule": conditional.add_conditional_format,
    "addDimensionGroup": groups.add_dimension_group,
    "addFilterView": filtering.add_filter_view,
    "addNamedRange": names.add_named_range,
    "addProtectedRange": protection.add_protected_range,
    "addSheet": sheets.add_sheet,
    "addSlicer": slicers.add_slicer,
    "addTable": tables.add_table,
    "appendCells": cells.append_cells,
    "appendDimension": dimensions.append_dimension,
    "autoFill": filling.auto_fill,
    "autoResizeDimensions": dimensions.auto_resize_dimensions,
    "clearBasicFilter": filtering.clear_basic_filter,
    "copyPaste": pasting.copy_paste,
    "createDeveloperMetadata": metadata.create_metadata,
    "cutPaste": pasting.cut_paste,
    "deleteBanding": banding.delete_banding,
    "deleteConditionalFormatRule": conditional.delete_conditional_format,
    "deleteDeveloperMetadata": metadata.delete_metadata,
    "deleteDimension": dimensions.delete_dimension,
    "deleteDimensionGroup": groups.delete_dimension_group,
    "deleteDuplicates": replacing.delete_duplicates,
    "deleteEmbeddedObject": embedded.delete_object,
    "deleteFilterView": filtering.delete_filter_view,
    "deleteNamedRange": names.delete_named_range,
    "deleteProtectedRange": protection.delete_protected_range,
    "deleteRange": shifting.delete_range,
    "deleteSheet": sheets.delete_sheet,
    "deleteTable": tables.delete_table,
    "duplicateFilterView": filtering.duplicate_filter_view,
    "duplicateSheet": sheets.duplicate_sheet,
    "findReplace": replacing.find_replace,
    "insertDimension": dimensions.insert_dimension,
    "insertRange": shifting.insert_range,
    "mergeCells": merging.merge_cells,
    "moveDimension": dimensions.move_dimension,
    "pasteData": delimited.paste_data,
    "randomizeRange": sorting.randomize_range,
    "repeatCell": cells.repeat_cell,
    "setBasicFilter": filtering.set_basic_filter,
    "setDataValidation": validation.set_data_validation,
    "sortRange": sorting.sort_range,
    "textToColumns": delimited.text_to_columns,
    "trimWhitespace": replacing.trim_whitespace,
    "unmergeCells": merging.unmerge_cells,
    "updateBanding": banding.update_banding,
    "updateBorders": cells.update_borders,
    "updateCells": cells.update_cells,
    "updateChartSpec": charts.update_chart_spec,
    "updateConditionalFormatRule": conditional.update_conditional_format,
    "updateDeveloperMetadata": metadata.update_metadata,
    "updateDimensionGroup": groups.update_dimension_group,
    "updateDimensionProperties": dimensions.update_dimension_properties,
    "updateEmbeddedObjectBorder": embedded.update_border,
    "updateEmbeddedObjectPosition": embedded.update_position,
    "updateFilterView": filtering.update_filter_view,
    "updateNamedRange": names.update_named_range,
    "updateProtectedRange": protection.update_protected_range,
    "updateSheetProperties": sheets.update_sheet_properties,
    "updateSlicerSpec": slicers.update_slicer_spec,
    "updateSpreadsheetProperties": sheets.update_spreadsheet_properties,
    "updateTable": tables.update_table,
}


def refuse_unknown(requests: object) -> None:
    """Refuse a batch with a kind that Google has and the sandbox does not, by its name."""
    flat = requests if isinstance(requests, list) else [requests]
    for entry in flat:
        if isinstance(entry, list):
            refuse_unknown(entry)
        elif isinstance(entry, dict):
            for name in entry:
                kind = camel(name)
                if kind in messages()["Request"] and kind not in KINDS:
                    raise ApiError(501, f"The sandbox does not implement {kind}.")


_NO_GRID_NEEDED = {"deleteSheet", "location", "newPosition", "position", "properties"}
_NAMELESS = {"cell", "rows"}  # cells never name a tab, and there may be many


def _wants_grid(value: Any, name: str, sheet_id: int) -> bool:
    """Tell whether a part of a request names a tab as a grid that it works on."""
    if isinstance(value, list):
        return any(_wants_grid(item, name, sheet_id) for item in value)
    if not isinstance(value, dict):
        return False
    if value.get("sheetId") == sheet_id and name not in _NO_GRID_NEEDED:
        return True
    return any(
        _wants_grid(inner, key, sheet_id) for key, inner in value.items() if key not in _NAMELESS
    )


def run_requests(batch: Batch, requests: list[Json]) -> list[Json]:
    """Run the requests in order and give their replies; the first refusal ends the batch."""
    if not requests:
        raise invalid("Must specify at least one request.")
    replies = []
    for index, request in enumerate(requests):
        if not request:
            raise invalid(f"Invalid requests[{index}]: No request set.")
        kind, *others = request
        if others:
            raise invalid(
                f"Invalid value at 'requests[{index}]' (oneof), oneof field 'kind' is already set. "
                f"Cannot set '{others[0]}'"
            )
        for sheet in batch.book.sheets:
            if sheet.is_object and _wants_grid(request[kind], kind, sheet.sheet_id):
                raise invalid(
                    f"Invalid requests[{index}].{kind}: No grid with id: {sheet.sheet_id}"
                )
        batch.book.cache.clear()  # what was computed before does not hold any more
        try:
            replies.append(KINDS[kind](batch, request[kind]) or {})
        except ApiError as error:
            if error.code != 400:
                raise
            message = f"Invalid requests[{index}].{kind}: {error.message}"
            raise ApiError(400, message, details=error.details) from error
    return replies
