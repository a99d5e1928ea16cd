"""The table of batchUpdate's request kinds, and the batch that runs them in order."""

from collections.abc import Callable

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.errors import ApiError, Json, invalid
from syncd.sandbox.protocol.messages import camel, messages
from syncd.sandbox.requests import (
    cells,
    copying,
    dimensions,
    groups,
    metadata,
    ranges,
    sheets,
    shifting,
)

Kind = Callable[[Batch, Json], Json | None]

KINDS: dict[str, Kind] = {
    "addBanding": ranges.add_banding,
    "addConditionalFormatRule": ranges.add_conditional_format,
    "addDimensionGroup": groups.add_dimension_group,
    "addFilterView": ranges.add_filter_view,
    "addNamedRange": ranges.add_named_range,
    "addProtectedRange": ranges.add_protected_range,
    "addSheet": sheets.add_sheet,
    "appendCells": cells.append_cells,
    "appendDimension": dimensions.append_dimension,
    "autoResizeDimensions": dimensions.auto_resize_dimensions,
    "clearBasicFilter": copying.clear_basic_filter,
    "copyPaste": copying.copy_paste,
    "createDeveloperMetadata": metadata.create_metadata,
    "cutPaste": copying.cut_paste,
    "deleteBanding": ranges.delete_banding,
    "deleteConditionalFormatRule": ranges.delete_conditional_format,
    "deleteDeveloperMetadata": metadata.delete_metadata,
    "deleteDimension": dimensions.delete_dimension,
    "deleteDimensionGroup": groups.delete_dimension_group,
    "deleteFilterView": ranges.delete_filter_view,
    "deleteNamedRange": ranges.delete_named_range,
    "deleteProtectedRange": ranges.delete_protected_range,
    "deleteRange": shifting.delete_range,
    "deleteSheet": sheets.delete_sheet,
    "duplicateSheet": sheets.duplicate_sheet,
    "findReplace": cells.find_replace,
    "insertDimension": dimensions.insert_dimension,
    "insertRange": shifting.insert_range,
    "mergeCells": cells.merge_cells,
    "moveDimension": dimensions.move_dimension,
    "repeatCell": cells.repeat_cell,
    "setBasicFilter": copying.set_basic_filter,
    "setDataValidation": cells.set_data_validation,
    "sortRange": copying.sort_range,
    "unmergeCells": cells.unmerge_cells,
    "updateBanding": ranges.update_banding,
    "updateCells": cells.update_cells,
    "updateConditionalFormatRule": ranges.update_conditional_format,
    "updateDeveloperMetadata": metadata.update_metadata,
    "updateDimensionGroup": groups.update_dimension_group,
    "updateDimensionProperties": dimensions.update_dimension_properties,
    "updateFilterView": ranges.update_filter_view,
    "updateNamedRange": ranges.update_named_range,
    "updateProtectedRange": ranges.update_protected_range,
    "updateSheetProperties": sheets.update_sheet_properties,
    "updateSpreadsheetProperties": sheets.update_spreadsheet_properties,
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
