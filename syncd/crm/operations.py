"""Operations: what syncd is about to write to the sheet, stored before it is sent."""

from collections.abc import Iterable
from dataclasses import dataclass

from syncd.crm.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One stored batch: its number, the token that it is built on, the call, and the intent.

    `kind` is `write`, `repair` or `burn` (a batch that only moves the token). `at` is seconds
    since the epoch, of the read that it was built on.
    """

    number: int
    kind: str
    token: str
    body: str
    intent: str
    at: float


class Operations:
    """The stored operations of one CRM; a sent one is settled before the next is made."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection = database.connection

    def last_number(self) -> int:
        """Return the number of the newest operation, 0 before the first."""
        with self.database.failures():
            (number,) = self.connection.execute(
                "SELECT coalesce(max(number), 0) FROM _syncd_operations"
            ).fetchone()
        return int(number)

    def last_judged(self) -> int:
        """Return the number of the newest operation that is known to have been applied."""
        with self.database.failures():
            (number,) = self.connection.execute(
                "SELECT coalesce(max(number), 0) FROM _syncd_operations WHERE state = 'judged'"
            ).fetchone()
        return int(number)

    def store(self, operation: Operation) -> None:
        """Store an operation as sent: from here on its outcome is unknown until it is judged."""
        o = operation
        with self.database.transaction() as connection:
            connection.execute(
                "INSERT INTO _syncd_operations VALUES (?, ?, ?, 'sent', ?, ?, ?)",
                [o.number, o.kind, o.token, o.body, o.intent, str(o.at)],
            )

    def has_unknown(self) -> bool:
        """Whether an operation was sent of which nobody knows what became of it."""
        with self.database.failures():
            (found,) = self.connection.execute(
                "SELECT EXISTS (SELECT 1 FROM _syncd_operations WHERE state = 'sent')"
            ).fetchone()
        return bool(found)

    def candidates(self) -> list[Operation]:
        """Return the operations that may still be applied, refused ones first, then by age."""
        with self.database.failures():
            rows = self.connection.execute(
                "SELECT number, kind, token, body, intent, at FROM _syncd_operations"
                " WHERE state IN ('sent', 'refused') ORDER BY state, number"
            )
            return [
                Operation(number=n, kind=kind, token=token, body=body, intent=intent, at=float(at))
                for n, kind, token, body, intent, at in rows
            ]

    def mark(self, number: int, state: str) -> None:
        """Say of an operation that it is `refused` or `judged`."""
        self.connection.execute(
            "UPDATE _syncd_operations SET state = ? WHERE number = ?", [state, number]
        )

    def bury(self) -> None:
        """Close whatever was sent before the token moved: it can never be applied any more."""
        self.connection.execute(
            "UPDATE _syncd_operations SET state = 'dead' WHERE state IN ('sent', 'refused')"
        )
        self.connection.execute(
            "UPDATE _syncd_operations SET body = '', intent = ''"
            " WHERE state IN ('judged', 'dead') AND body != ''"
        )

    def add_repairs(self, number: int, repairs: Iterable[tuple[str, str]]) -> None:
        """Store what has to be put back, by table; it survives restarts."""
        self.connection.executemany(
            'INSERT INTO _syncd_repairs (operation, "table", repair) VALUES (?, ?, ?)',
            [(number, table, repair) for table, repair in repairs],
        )

    def repairs(self) -> list[tuple[int, str]]:
        """Return what is still to be put back, newest first."""
        with self.database.failures():
            rows = self.connection.execute(
                "SELECT id, repair FROM _syncd_repairs WHERE open = 1 ORDER BY id DESC"
            )
            return [(int(number), str(repair)) for number, repair in rows]

    def close_repair(self, number: int, outcome: str) -> None:
        """Close a repair as done, or say why there is nothing to do."""
        self.connection.execute(
            "UPDATE _syncd_repairs SET open = 0, outcome = ? WHERE id = ?", [outcome, number]
        )
