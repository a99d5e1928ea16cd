"""Who looks at a book on the page, and where their cursors are."""

import time
from typing import Any

from syncd.sandbox.errors import Json, invalid

AWAY_S = 30.0
PEOPLE_MAX = 50
_NAME_MAX = 60


class People:
    """Keeps the cursors of open pages; the caller holds the service's lock."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[str, Json]] = {}
        self.stamp = 0  # grows with every change, so that a waiting page knows

    def put(self, book_id: str, page: str, name: str, body: Any) -> bool:
        """Note where a page's cursor is; tell whether that is news."""
        given = body if isinstance(body, dict) else {}
        place = {k: given.get(k) for k in ("sheetId", "row", "column")}
        if not page or not all(isinstance(value, int) for value in place.values()):
            raise invalid("a cursor needs sheetId, row and column")
        pages = self._seen.setdefault(book_id, {})
        if page not in pages and len(pages) >= PEOPLE_MAX:
            return False
        old = pages.get(page, {})
        new: Json = {"page": page[:40], "name": name[:_NAME_MAX], **place}
        pages[page] = new | {"at": time.monotonic()}
        if {k: v for k, v in old.items() if k != "at"} == new:
            return False
        self.stamp += 1
        return True

    def leave(self, book_id: str, page: str) -> None:
        """Forget a page that was closed."""
        if self._seen.get(book_id, {}).pop(page, None):
            self.stamp += 1

    def touch(self, book_id: str, page: str) -> None:
        """Note that a page is still there."""
        if entry := self._seen.get(book_id, {}).get(page):
            entry["at"] = time.monotonic()

    def others(self, book_id: str, page: str) -> list[Json]:
        """Give the cursors of the other pages that are there."""
        pages, now = self._seen.get(book_id, {}), time.monotonic()
        for key in [k for k, entry in pages.items() if now - entry["at"] > AWAY_S]:
            del pages[key]
        return [
            {k: v for k, v in entry.items() if k != "at"}
            for key, entry in pages.items()
            if key != page
        ]
