"""Which files changed last, in order: what Drive's changes and their page tokens are made of."""

from typing import NamedTuple


class Change(NamedTuple):
    """The last change of one file."""

    number: int
    file_id: str
    time: float
    removed: bool


class ChangeLog:
    """The last change of every file there is or was."""

    def __init__(self, known: list[Change]) -> None:
        self.last = {change.file_id: change for change in sorted(known)}
        self.number = max((change.number for change in known), default=0)

    def note(self, file_id: str, time: float, *, removed: bool = False) -> Change:
        """Remember that a file changed."""
        self.number += 1
        self.last.pop(file_id, None)
        change = self.last[file_id] = Change(self.number, file_id, time, removed)
        return change

    def since(self, number: int) -> list[Change]:
        """Give the files that changed at a number or later, in the order of their changes."""
        found = []
        for change in reversed(self.last.values()):
            if change.number < number:
                break
            found.append(change)
        return found[::-1]
