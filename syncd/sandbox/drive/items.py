"""Files and folders as Drive sees them: one shape for both, whatever the content."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from syncd.sandbox.book.card import Card, Folder
from syncd.sandbox.book.model import Book
from syncd.sandbox.state.people import root_id
from syncd.sandbox.state.service import Service

SPREADSHEET = "application/vnd.google-apps.spreadsheet"
VERSION_FIRST = 2  # Google counts a few steps before a new file is there
FOLDER = "application/vnd.google-apps.folder"


class Item(NamedTuple):
    """One file at one moment."""

    file_id: str
    name: str
    mime_type: str
    created: float
    modified: float
    version: int
    card: Card

    @property
    def is_folder(self) -> bool:
        """Tell whether it holds other files."""
        return self.mime_type == FOLDER


def of_book(book: Book) -> Item:
    """Give a spreadsheet as a file."""
    return Item(
        book.book_id,
        str(book.properties["title"]),
        SPREADSHEET,
        book.created,
        book.modified,
        book.revision + VERSION_FIRST,
        book.card,
    )


def of_folder(folder: Folder) -> Item:
    """Give a folder as a file."""
    return Item(
        folder.folder_id,
        folder.name,
        FOLDER,
        folder.created,
        folder.modified,
        folder.revision,
        folder.card,
    )


def root_of(address: str) -> Item:
    """Give a person's My Drive, which is there before anything was made."""
    me = {"type": "user", "role": "owner", "emailAddress": address, "id": "owner"}
    card = Card(permissions=(me,), modifier=address)
    return Item(root_id(address), "My Drive", FOLDER, 0.0, 0.0, 1, card)


def find(service: Service, file_id: str) -> Item | None:
    """Give a file by its id, as Drive shows it: late, if the settings say so."""
    if file_id in service.folders:
        return of_folder(service.folders[file_id])
    line = service.lines.get(file_id)
    if line is None:
        return None
    lag = service.settings["drive_lag_s"]
    item = of_book(line.book)
    if lag:
        past = line.before(service.clock() - lag)
        if past.revision == 0 and len(line.versions) > 1:
            past = line.versions[1]  # there is no file before it was made
        item = item._replace(modified=past.modified, version=past.revision + VERSION_FIRST)
    return item


def everything(service: Service) -> Iterator[Item]:
    """Give every file."""
    for file_id in [*service.lines, *service.folders]:
        found = find(service, file_id)
        if found is not None:
            yield found


def in_trash(service: Service, item: Item) -> bool:
    """Tell whether a file or a folder above it was trashed."""
    seen: set[str] = set()
    card: Card | None = item.card
    while card is not None and not card.trashed:
        above = card.parents[0] if card.parents else ""
        if above in seen:
            return False
        seen.add(above)
        card = service.card(above)
    return card is not None


def timestamp(moment: float) -> str:
    """Spell a moment as Drive does."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
