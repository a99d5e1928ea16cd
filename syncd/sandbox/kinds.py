"""The table of batchUpdate's request kinds, and the batch that runs them in order."""

from collections.abc import Callable

from syncd.sandbox import (
    kinds_cells,
    kinds_copy,
    kinds_grid,
    kinds_metadata,
    kinds_ranges,
    kinds_sheets,
)
from syncd.sandbox.batch import Batch
from syncd.sandbox.errors import ApiError, Json, invalid
from syncd.sandbox.protocol import camel, messages

Kind = Callable[[Batch, Json], Json | None]

KINDS: dict[str, Kind] = {
    "addBanding": kinds_ranges.add_banding,
    "addConditionalFormatRule": kinds_ranges.add_conditional_format,
    "addDimensionGroup": kinds_grid.add_dimension_group,
    "addFilterView": kinds_ranges.add_filter_view,
    "addNamedRange": kinds_ranges.add_named_range,
    "addProtectedRange": kinds_ranges.add_protected_range,
    "addSheet": kinds_sheets.add_sheet,
    "appendCells": kinds_cells.append_cells,
    "appendDimension": kinds_grid.append_dimension,
    "autoResizeDimensions": kinds_grid.auto_resize_dimensions,
    "clearBasicFilter": kinds_copy.clear_basic_filter,
    "copyPaste": kinds_copy.copy_paste,
    "createDeveloperMetadata": kinds_metadata.create_metadata,
    "cutPaste": kinds_copy.cut_paste,
    "deleteBanding": kinds_ranges.delete_banding,
    "deleteConditionalFormatRule": kinds_ranges.delete_conditional_format,
    "deleteDeveloperMetadata": kinds_metadata.delete_metadata,
    "deleteDimension": kinds_grid.delete_dimension,
    "deleteDimensionGroup": kinds_grid.delete_dimension_group,
    "deleteFilterView": kinds_ranges.delete_filter_view,
    "deleteNamedRange": kinds_ranges.delete_named_range,
    "deleteProtectedRange": kinds_ranges.delete_protected_range,
    "deleteRange": kinds_grid.delete_range,
    "deleteSheet": kinds_sheets.delete_sheet,
    "duplicateSheet": kinds_sheets.duplicate_sheet,
    "findReplace": kinds_cells.find_replace,
    "insertDimension": kinds_grid.insert_dimension,
    "insertRange": kinds_grid.insert_range,
    "mergeCells": kinds_cells.merge_cells,
    "moveDimension": kinds_grid.move_dimension,
    "repeatCell": kinds_cells.repeat_cell,
    "setBasicFilter": kinds_copy.set_basic_filter,
    "setDataValidation": kinds_cells.set_data_validation,
    "sortRange": kinds_copy.sort_range,
    "unmergeCells": kinds_cells.unmerge_cells,
    "updateBanding": kinds_ranges.update_banding,
    "updateCells": kinds_cells.update_cells,
    "updateConditionalFormatRule": kinds_ranges.update_conditional_format,
    "updateDeveloperMetadata": kinds_metadata.update_metadata,
    "updateDimensionProperties": kinds_grid.update_dimension_properties,
    "updateFilterView": kinds_ranges.update_filter_view,
    "updateNamedRange": kinds_ranges.update_named_range,
    "updateProtectedRange": kinds_ranges.update_protected_range,
    "updateSheetProperties": kinds_sheets.update_sheet_properties,
    "updateSpreadsheetProperties": kinds_sheets.update_spreadsheet_properties,
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
        batch.book.cache.clear()  # what was computed before does not hold any more
        try:
            replies.append(KINDS[kind](batch, request[kind]) or {})
        except ApiError as error:
            if error.code != 400:
                raise
            message = f"Invalid requests[{index}].{kind}: {error.message}"
            raise ApiError(400, message, details=error.details) from error
    return replies
