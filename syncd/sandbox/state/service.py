"""All books with their history, and who may touch them. One lock, one line of revisions."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, NamedTuple, Protocol

from syncd.sandbox.book.batch import Batch
from syncd.sandbox.book.model import Book, Sheet
from syncd.sandbox.book.render import default_properties
from syncd.sandbox.errors import ApiError, forbidden, not_found

VERSIONS_MAX = 200
_ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class Revision(NamedTuple):
    """One entry of a book's true history."""

    number: int
    actor: str
    time: float
    what: str


class Store(Protocol):
    """Keeps the current version of every book on disk."""

    def save(self, book: Book, revisions: list[Revision]) -> None:
        """Write a book's version and the revisions that led to it since the last call."""

    def forget(self, book_id: str) -> None:
        """Remove a book."""

    def load(self) -> list[tuple[Book, list[Revision]]]:
        """Read all books with their histories."""

    def close(self) -> None:
        """Finish writing."""


class Line:
    """The line of one book's versions; the last is the current one."""

    def __init__(self, book: Book, revisions: list[Revision]) -> None:
        self.revisions = revisions
        self.versions: deque[Book] = deque([book], maxlen=VERSIONS_MAX)

    @property
    def book(self) -> Book:
        """Give the current version."""
        return self.versions[-1]

    def before(self, moment: float) -> Book:
        """Give the version that was current at a moment, as far as it is still kept."""
        for book in reversed(self.versions):
            if book.modified <= moment:
                return book
        return self.versions[0]


class Service:
    """The state behind the API; every method expects its caller to hold the lock."""

    def __init__(
        self,
        *,
        account: str,
        settings: Mapping[str, Any],
        clock: Callable[[], float],
        store: Store | None,
    ) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.account = account
        self.settings = settings
        self.clock = clock
        self.store = store
        self.lines: dict[str, Line] = {}
        self.access: dict[tuple[str, str], str] = {}
        for book, revisions in store.load() if store else []:
            self.lines[book.book_id] = Line(book, revisions)
        self.reseed()

    def reseed(self) -> None:
        """Start the random ids anew; what a file already holds moves the start, so none repeats."""
        past = sum(len(line.revisions) for line in self.lines.values())
        self.random = Random(f"{self.settings['seed']}:{past}")  # noqa: S311  ids, not secrets

    def role(self, book_id: str, actor: str) -> str:
        """Give what a person may do with a book: none, reader or writer."""
        for key in ((book_id, actor), (book_id, "*")):
            if key in self.access:
                return self.access[key]
        return "writer"

    def line(self, book_id: str, actor: str, *, write: bool) -> Line:
        """Give a book's line if it exists and the person may use it so."""
        role = self.role(book_id, actor)
        if role == "none" or (write and role == "reader"):
            raise forbidden()
        if book_id not in self.lines:
            raise not_found()
        return self.lines[book_id]

    def reading(self, book_id: str, actor: str) -> Book:
        """Give the version that a reader sees."""
        line = self.line(book_id, actor, write=False)
        stale = self.settings["stale_reads_s"]
        return line.before(self.clock() - stale) if stale else line.book

    def batch(self, book_id: str, actor: str) -> Batch:
        """Open a batch on a draft of the current version."""
        draft = self.line(book_id, actor, write=True).book.draft()
        draft.modified = self.clock()
        return Batch(draft, actor, self.settings, self.random)

    def commit(self, batch: Batch, what: str) -> Book:
        """Let a draft become the current version."""
        book = batch.book
        line = self.lines[book.book_id]
        book.revision = line.book.revision + 1
        book.modified = self.clock()
        book.cache.clear()
        self._add(line, book, Revision(book.revision, batch.actor, book.modified, what))
        return book

    def _add(self, line: Line, book: Book, revision: Revision) -> None:
        line.versions.append(book)
        line.revisions.append(revision)
        if self.store:
            self.store.save(book, [revision])
        self.changed.notify_all()

    def create(self, title: str, actor: str, *, sheets: bool = True) -> Batch:
        """Create a book and open a batch for filling it."""
        book_id = "1" + "".join(self.random.choices(_ID_LETTERS, k=43))
        now = self.clock()
        first = [Sheet(0, {"title": "Sheet1"})] if sheets else []
        book = Book(book_id, default_properties(title), first, created=now, modified=now)
        book.permissions = [
            {"kind": "drive#permission", "id": "owner", "type": "user", "role": "owner"}
            | {"emailAddress": actor}
        ]
        self.lines[book_id] = Line(book, [])
        return Batch(book.draft(), actor, self.settings, self.random)

    def delete(self, book_id: str) -> None:
        """Delete a book for good."""
        del self.lines[book_id]
        if self.store:
            self.store.forget(book_id)
        self.changed.notify_all()

    def restore(self, book_id: str, number: int, actor: str) -> Book:
        """Let an older version become current, as a new revision."""
        if book_id not in self.lines:
            raise not_found()
        line = self.lines[book_id]
        for version in line.versions:
            if version.revision == number:
                batch = Batch(version.draft(), actor, self.settings, self.random)
                return self.commit(batch, f"restored revision {number}")
        raise ApiError(400, f"Revision {number} is not kept.")
