"""What a text becomes when a request puts it into a cell as if somebody had typed it."""

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.cells import checked_text
from syncd.sandbox.book.entry import entered
from syncd.sandbox.book.model import Cell


def typed_into(batch: Batch, old: Cell, text: str) -> Cell:
    """Give a cell after a text was typed into it."""
    checked_text(text)
    if not text:
        return old._replace(value=None, runs=None)
    number_format = (old.format or {}).get("numberFormat")
    meant, look = entered(text, batch.book.properties["locale"], number_format, batch.year)
    cell_format = old.format
    if look is not number_format:
        cell_format = (old.format or {}) | {"numberFormat": look}
    return old._replace(value=meant, format=cell_format, runs=None)
