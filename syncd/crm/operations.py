"""Operations: what syncd is about to write to the sheet, stored before it is sent."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from syncd.crm.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One stored batch: its number, the token that it is built on, the call, and the intent.

    `kind` is `write`, `repair` or `burn` (a batch that only moves the token). `at` is seconds
    since the epoch, of the read that it was built on. `state` is `sent`, `refused` (a late copy
    may still be applied), `judged` or `dead`. `slots` is a digest of the mirror that was judged.
    """

    number: int
    kind: str
    token: str
    body: str
    intent: str
    at: float
    nonce: str = ""
    state: str = "sent"
    slots: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it may still be applied, or was and nobody looked yet."""
        return self.state in ("sent", "refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Something that has to be put back, as text, and why it is not yet.

    `absent`: two complete reads did not find its row, so that nothing of it has to wait.
    """

    number: int
    operation: int
    table: str
    text: str
    reason: str
    absent: bool


_ABSENT = 2
DROPPED = "closed by "  # how the outcome of a repair begins that a person closed
_COLUMNS = "number, kind, token, body, intent, at, nonce, state, slots"
_KEPT_CHARS = 8_000_000  # of the intents of closed operations, newest first


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

    def last_judged(self) -> Operation | None:
        """Return the newest operation that is known to have been applied."""
        return next(self._select("state = 'judged' ORDER BY number DESC LIMIT 1"), None)

    def find(self, number: int, nonce: str) -> Operation | None:
        """Return the operation that is known in the sheet by a number and a nonce."""
        return next(self._select("number = ? AND nonce = ?", number, nonce), None)

    def _select(self, where: str, *given: object) -> Iterator[Operation]:
        with self.database.failures():
            rows = self.connection.execute(
                f"SELECT {_COLUMNS} FROM _syncd_operations WHERE {where}", given
            ).fetchall()
        for number, kind, token, body, intent, at, nonce, state, slots in rows:
            yield Operation(
                number=number,
                kind=kind,
                token=token,
                body=body,
                intent=intent,
                at=float(at),
                nonce=nonce,
                state=state,
                slots=slots,
            )

    def store(self, operation: Operation) -> None:
        """Store an operation as sent: from here on its outcome is unknown until it is judged."""
        o = operation
        with self.database.transaction() as connection:
            connection.execute(
                f"INSERT INTO _syncd_operations ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [o.number, o.kind, o.token, o.body, o.intent, str(o.at), o.nonce, o.state, o.slots],
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
        return list(self._select("state IN ('sent', 'refused') ORDER BY state, number"))

    def refuse(self, number: int) -> None:
        """Say of an operation that it was refused: a late copy may still be applied."""
        self.connection.execute(
            "UPDATE _syncd_operations SET state = 'refused' WHERE number = ?", [number]
        )

    def judge(self, number: int, slots: str) -> None:
        """Say of an operation that it was applied, and what its mirror held when it was judged."""
        self.connection.execute(
            "UPDATE _syncd_operations SET state = 'judged', slots = ? WHERE number = ?",
            [slots, number],
        )

    def rejudge(self, number: int, slots: str) -> None:
        """Say what the mirror held when an operation was judged again; its state stays."""
        self.connection.execute(
            "UPDATE _syncd_operations SET slots = ? WHERE number = ?", [slots, number]
        )

    def bury(self) -> None:
        """Close whatever was sent before the token moved: only an older file can bring it back.

        So that it could be judged even then, the newest intents are kept.
        """
        self.connection.execute(
            "UPDATE _syncd_operations SET state = 'dead' WHERE state IN ('sent', 'refused')"
        )
        self.connection.execute(
            "UPDATE _syncd_operations SET body = ''"
            " WHERE state IN ('judged', 'dead') AND body != ''"
        )
        self.connection.execute(
            "UPDATE _syncd_operations SET intent = '' WHERE number IN ("
            " SELECT number FROM (SELECT number, sum(length(intent)) OVER (ORDER BY number DESC)"
            "  - length(intent) AS newer FROM _syncd_operations WHERE intent != '')"
            " WHERE newer > ?)",
            [_KEPT_CHARS],
        )

    def add_repairs(self, number: int, repairs: Iterable[tuple[str, str]]) -> None:
        """Store what has to be put back, by table; it survives restarts."""
        self.connection.executemany(
            'INSERT INTO _syncd_repairs (operation, "table", repair) VALUES (?, ?, ?)',
            [(number, table, repair) for table, repair in repairs],
        )

    def repairs(self) -> list[Repair]:
        """Return what is still to be put back, newest first."""
        with self.database.failures():
            rows = self.connection.execute(
                'SELECT id, operation, "table", repair, outcome, open FROM _syncd_repairs'
                " WHERE open > 0 ORDER BY id DESC"
            )
            return [
                Repair(
                    number=number,
                    operation=operation,
                    table=table,
                    text=text,
                    reason=reason,
                    absent=is_open == _ABSENT,
                )
                for number, operation, table, text, reason, is_open in rows
            ]

    def has_repairs(self) -> bool:
        """Whether something is to be put back before anything else is written or pulled."""
        with self.database.failures():
            (found,) = self.connection.execute(
                "SELECT EXISTS (SELECT 1 FROM _syncd_repairs WHERE open = 1)"
            ).fetchone()
        return bool(found)

    def close_repair(self, number: int, outcome: str) -> None:
        """Close a repair as done, or say why there is nothing to do."""
        self.connection.execute(
            "UPDATE _syncd_repairs SET open = 0, outcome = ? WHERE id = ? AND open > 0",
            [outcome, number],
        )

    def closed_since(self, number: int, carried: Iterable[int]) -> tuple[int, ...]:
        """Return the repairs that were open after an operation and that syncd has closed since.

        `carried` are those that later operations carried out; what a person closed is none.
        """
        named = ", ".join(str(each) for each in carried)
        with self.database.failures():
            rows = self.connection.execute(
                "SELECT id FROM _syncd_repairs WHERE open = 0 AND outcome NOT LIKE ? AND"
                f" (operation = ? OR operation < ? AND id IN ({named})) ORDER BY id",
                [f"{DROPPED}%", number, number],
            )
            return tuple(repair for (repair,) in rows)

    def judged_since(self, number: int) -> Iterator[Operation]:
        """Yield the operations that were applied after another one."""
        return self._select("state = 'judged' AND number > ? ORDER BY number", number)

    def reopen_repairs(self, numbers: Iterable[int]) -> None:
        """Open repairs again: what was put back is gone with what came after it."""
        self.connection.executemany(
            "UPDATE _syncd_repairs SET open = 1, outcome = '' WHERE id = ? AND open = 0",
            [(number,) for number in numbers],
        )

    def hold_repair(self, number: int, reason: str, *, absent: bool = False) -> None:
        """Say why a repair cannot be done yet; an `absent` one waits until its row is back."""
        self.connection.execute(
            "UPDATE _syncd_repairs SET open = ?, outcome = ? WHERE id = ? AND open > 0",
            [_ABSENT if absent else 1, reason, number],
        )
