"""All books with their history, the folders, and who may touch them. One lock guards it all."""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple, Protocol

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.card import Card, Folder
from syncd.sandbox.book.evaluate import refresh
from syncd.sandbox.book.model import Book, Row, Sheet
from syncd.sandbox.book.render import default_properties
from syncd.sandbox.book.tables import settle_tables
from syncd.sandbox.errors import ApiError, Json, forbidden, not_found
from syncd.sandbox.requests.names import renew_names
from syncd.sandbox.state.access import NOBODY, ancestors, effective, granted, rank
from syncd.sandbox.state.changes import Change, ChangeLog
from syncd.sandbox.state.clock import Clock
from syncd.sandbox.state.difference import exchanged
from syncd.sandbox.state.people import owner_permission, root_id

VERSIONS_MAX = 200
VERSION_BYTES_MAX = 256 * 1024 * 1024
REVISIONS_MAX = 10_000
_CELL_BYTES = 200
_ROW_BYTES = 250
_ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class Revision(NamedTuple):
    """One entry of a book's true history."""

    number: int
    actor: str
    time: float
    what: str


class Behind(NamedTuple):
    """How far one read lags: in seconds, and in versions."""

    age_s: float
    versions: int


class Store(Protocol):
    """Keeps the current version of every book on disk."""

    def save(self, book: Book, revisions: list[Revision]) -> None:
        """Write a book's version and the revisions that led to it since the last call."""

    def forget(self, book_id: str) -> None:
        """Remove a book."""

    def load(self) -> list[tuple[Book, list[Revision]]]:
        """Read all books with their histories."""

    def save_folder(self, folder: Folder) -> None:
        """Write a folder."""

    def load_folders(self) -> list[Folder]:
        """Read all folders."""

    def note(self, change: Change) -> None:
        """Write that a file changed."""

    def load_changes(self) -> list[Change]:
        """Read the last change of every file."""

    def close(self) -> None:
        """Finish writing."""


class Line:
    """The line of one book's versions; the last is the current one."""

    def __init__(self, book: Book, revisions: list[Revision]) -> None:
        self.revisions = deque(revisions, maxlen=REVISIONS_MAX)
        self.versions: deque[Book] = deque([book])
        self.costs: deque[int] = deque([0])
        self._lent: Book | None = None

    @property
    def book(self) -> Book:
        """Give the current version."""
        return self.versions[-1]

    def add(self, book: Book, revision: Revision) -> list[Row]:
        """Let a version follow, and give its new rows; the oldest go when all get too large."""
        self.book.cache.clear()  # results of many formulas are larger than what versions share
        gone, fresh = _exchanged(self.book, book)
        self.costs[-1] = _bytes_of(self.book, gone)
        self.versions.append(book)
        self.costs.append(0)
        self.revisions.append(revision)
        while len(self.versions) > 1 and (
            len(self.versions) > VERSIONS_MAX or sum(self.costs) > VERSION_BYTES_MAX
        ):
            self.versions.popleft()
            self.costs.popleft()
        return fresh

    def before(self, moment: float) -> Book:
        """Give the version that was current at a moment, as far as it is still kept."""
        for book in reversed(self.versions):
            if book.modified <= moment:
                return self._lend(book)
        return self._lend(self.versions[0])

    def back(self, count: int) -> Book:
        """Give the version so many before the current one, as far as it is still kept."""
        return self._lend(self.versions[max(len(self.versions) - 1 - count, 0)])

    def _lend(self, book: Book) -> Book:
        """Give a version to a reader; of the older ones only one keeps what it computed."""
        if book is not self.book and book is not self._lent:
            if self._lent is not None:
                self._lent.cache.clear()
            self._lent = book
        return book


def _exchanged(old: Book, new: Book) -> tuple[list[Row], list[Row]]:
    """Give the rows that only the old version holds, and those that only the new one does."""
    gone: list[Row] = []
    fresh: list[Row] = []
    before = {sheet.sheet_id: sheet for sheet in old.sheets}
    for sheet in new.sheets:
        was = before.pop(sheet.sheet_id, None)
        if was is not sheet:
            found = exchanged(was.rows if was else [], sheet.rows)
            gone += found.gone
            fresh += found.fresh
    for sheet in before.values():
        gone += sheet.rows
    return gone, fresh


def _bytes_of(book: Book, rows: list[Row]) -> int:
    """Estimate what keeping a version costs whose successor does not share some rows."""
    cells = sum(len(row.cells) for row in rows)
    lists = sum(len(sheet.rows) for sheet in book.sheets)
    return 8 * lists + cells * _CELL_BYTES + len(rows) * _ROW_BYTES


class Service:
    """The state behind the API; every method expects its caller to hold the lock."""

    def __init__(
        self,
        *,
        account: str,
        settings: Mapping[str, Any],
        clock: Clock,
        store: Store | None,
    ) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.account = account
        self.settings = settings
        self.clock = clock
        self.store = store
        self.lines: dict[str, Line] = {}
        self.folders = {f.folder_id: f for f in (store.load_folders() if store else [])}
        self.changes = ChangeLog(store.load_changes() if store else [])
        self.access: dict[tuple[str, str], str] = {}
        self.behind: Behind | None = None
        self.fresh: list[Row] = []
        for book, revisions in store.load() if store else []:
            self.lines[book.book_id] = Line(book, revisions)
        self.reseed()

    def reseed(self) -> None:
        """Start the random ids anew; what a file already holds moves the start, so none repeats."""
        past = sum(line.book.revision for line in self.lines.values())
        self.random = Random(f"{self.settings['seed']}:{past}")  # noqa: S311  ids, not secrets

    def role(self, book_id: str, actor: str) -> str:
        """Give what a person may do with a book: none, reader or writer."""
        right = self.right(book_id, actor)
        if right == "none":
            return right
        return "reader" if rank(right) < rank("writer") else "writer"

    def card(self, file_id: str) -> Card | None:
        """Give the card of a book or a folder, None when there is no such file."""
        if file_id in self.lines:
            return self.lines[file_id].book.card
        return self.folders[file_id].card if file_id in self.folders else None

    def permissions(self, card: Card) -> list[Json]:
        """Give all permissions that count for a file."""
        return effective(card, ancestors(card, self.card))

    def right(self, file_id: str, actor: str) -> str:
        """Give a role in Drive's terms; who is named nowhere may do all, or nothing if private."""
        rules = (self.access.get(key) for key in ((file_id, actor), (file_id, "*")))
        rule = next((found for found in rules if found), None)
        if rule in {"none", "reader"}:
            return rule
        card, private = self.card(file_id), self.settings["private_files"] or actor == NOBODY
        given = self.permissions(card) if card else []
        now = self.clock()
        current = [p for p in given if p.get("expires", now) >= now]
        role = granted(current, actor, openly=private)
        if rule:
            return role if role and rank(role) > rank(rule) else rule
        return role or ("none" if private and card else "organizer")

    def line(self, book_id: str, actor: str, *, write: bool) -> Line:
        """Give a book's line if it exists and the person may use it so."""
        role = self.role(book_id, actor)
        if role == "none" or (write and role == "reader"):
            raise forbidden()
        if book_id in self.folders:
            text = "This operation is not supported for this document"
            raise ApiError(400, text, status="FAILED_PRECONDITION")
        if book_id not in self.lines:
            raise not_found()
        return self.lines[book_id]

    def reading(self, book_id: str, actor: str) -> Book:
        """Give the version that a reader sees."""
        line = self.line(book_id, actor, write=False)
        behind, stale = self.behind, self.settings["stale_reads_s"]
        if behind is not None:
            return (
                line.back(behind.versions)
                if behind.versions
                else line.before(self.clock() - behind.age_s)
            )
        book = line.before(self.clock() - stale) if stale else line.book
        refresh(book, self.clock())
        return book

    def torn(self, book_id: str, actor: str) -> Book:
        """Give the version that a read of several ranges shows in all but the first of them."""
        age_s, book = self.settings["torn_reads_s"], self.reading(book_id, actor)
        if not age_s:
            return book
        older = self.lines[book_id].before(self.clock() - age_s)
        refresh(older, self.clock())
        return older if older.revision < book.revision else book

    def batch(self, book_id: str, actor: str) -> Batch:
        """Open a batch on a draft of the current version."""
        draft = self.line(book_id, actor, write=True).book.draft()
        draft.modified = self.clock()
        return Batch(draft, actor, self.settings, self.random)

    def draft(self, book_id: str, actor: str) -> Batch:
        """Open a batch for what a person may do whatever their role, as marking a file."""
        return Batch(self.lines[book_id].book.draft(), actor, self.settings, self.random)

    def commit(self, batch: Batch, what: str, *, content: bool = True) -> Book:
        """Let a draft become the current version; marks and sharing leave its time as it is."""
        book = batch.book
        settle_tables(book)
        line = self.lines[book.book_id]
        book.revision = line.book.revision + 1
        if content:
            book.modified = self.clock()
            book.card = replace(
                book.card,
                modifier=batch.actor,
                modified_by=book.card.modified_by | {batch.actor: book.modified},
                filled=line.book.revision > 0,
            )
        book.cache.clear()
        self._add(line, book, Revision(book.revision, batch.actor, book.modified, what))
        return book

    def _add(self, line: Line, book: Book, revision: Revision) -> None:
        self.fresh = line.add(book, revision)
        if self.store:
            self.store.save(book, [revision])
        self.note(book.book_id)

    def note(self, file_id: str, *, removed: bool = False) -> None:
        """Remember that a file changed, and wake who waits for it."""
        change = self.changes.note(file_id, self.clock(), removed=removed)
        if self.store:
            self.store.note(change)
        self.changed.notify_all()

    def create(self, title: str, actor: str, *, sheets: bool = True) -> Batch:
        """Create a book and open a batch for filling it."""
        book_id, now = self.new_id(43), self.clock()
        first = [Sheet(0, {"title": "Sheet1"})] if sheets else []
        book = Book(book_id, default_properties(title), first, created=now, modified=now)
        book.card = self.new_card(actor)
        self.lines[book_id] = Line(book, [])
        return Batch(book.draft(), actor, self.settings, self.random)

    def new_id(self, length: int) -> str:
        """Draw the id of a new file."""
        return "1" + "".join(self.random.choices(_ID_LETTERS, k=length))

    def new_card(self, actor: str) -> Card:
        """Give the card of a file that a person makes in their My Drive."""
        now = self.clock()
        return Card(
            parents=(root_id(actor),),
            permissions=(owner_permission(actor),),
            viewed={actor: now},
            modified_by={actor: now},
            modifier=actor,
        )

    def keep_folder(self, folder: Folder) -> None:
        """Keep a new folder, or a folder's new revision."""
        self.folders[folder.folder_id] = folder
        if self.store:
            self.store.save_folder(folder)
        self.note(folder.folder_id)

    def delete(self, file_id: str) -> None:
        """Delete a book or a folder for good."""
        if self.folders.pop(file_id, None) is None:
            del self.lines[file_id]
        if self.store:
            self.store.forget(file_id)
        self.note(file_id, removed=True)

    def restore(self, book_id: str, number: int, actor: str) -> Book:
        """Let an older version become current, as a new revision."""
        if book_id not in self.lines:
            raise not_found()
        line = self.lines[book_id]
        for version in line.versions:
            if version.revision == number:
                draft = version.draft()
                draft.card = line.book.card
                if not self.settings["restore_reverts_names"]:
                    draft.named, draft.metadata = dict(line.book.named), dict(line.book.metadata)
                batch = Batch(draft, actor, self.settings, self.random)
                if not self.settings["restore_keeps_name_ids"]:
                    renew_names(batch)
                return self.commit(batch, f"restored revision {number}")
        raise ApiError(400, f"Revision {number} is not kept.")
