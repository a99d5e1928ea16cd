"""The oracle: it knows the true history, and says what must hold whatever happened.

Each value that anybody types is typed once in the whole history (a *token*), so that it can be
looked for. The oracle sees every act of a person or a program with the book before and after it:

- a token that a person's act took off the sheet was replaced by a person, on purpose;
- a token is *claimed* by the ids and keys beside which people or programs put it. A record that
  holds a token which neither its id nor any of its keys claims has another one's value.

It looks only at the book, at the CRM's file and at these acts, never at the engine's plans.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncd.config import Config
from syncd.core.plan import Halt
from syncd.core.snapshot import Side
from syncd.sandbox.book.model import Book
from tests.simulation import board
from tests.simulation.alignment import Broken, Excused, misaligned
from tests.simulation.asked import Asked
from tests.simulation.board import KEYS, keys_in, tokens_in
from tests.simulation.copies import Copies
from tests.simulation.hits import BESIDE, Covered, Hits, renamed
from tests.simulation.ledger import Ledger
from tests.simulation.rails import Blast, Gone
from tests.simulation.sorts import Sorts
from tests.simulation.trades import Trades
from tests.simulation.writes import Needless, Pace, operation_of

OUT_OF_USE = (
    "SELECT row FROM _syncd_history WHERE side = 'crm'"
    " AND outcome IN ('archived', 'deleted', 'replaced')"
)
ACCEPTED = (
    "SELECT 1 FROM _syncd_history WHERE row = ? AND field = ? AND after IS ?"
    " AND outcome IN ('review accepted', 'review edited')"
)
AGREED = "SELECT 1 FROM _syncd_reviews WHERE row = ? AND standing = 'taken' AND field = ''"


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that did not hold."""

    invariant: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """A cycle that came to its end: `alone` where nobody acted and nothing failed within it."""

    authority: Side
    halts: tuple[Halt, ...]
    alone: bool
    now_s: float
    wrong_by: float


@dataclass
class Oracle:
    """What is known of one history."""

    config: Config
    typed: dict[str, str] = field(default_factory=dict)  # token: by which act
    replaced: set[str] = field(default_factory=set)
    claims: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    columns: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    copied: Counter[str] = field(default_factory=Counter)  # the most rows of one key people made
    unnamed: set[str] = field(default_factory=set)  # keys of rows whose id people took away
    applied: Counter[str] = field(default_factory=Counter)
    typed_at: dict[str, int] = field(default_factory=dict)  # the version that first showed a token
    owner: dict[str, str] = field(default_factory=dict)  # the id beside which a token came up
    restored: bool = False
    kept_elsewhere: set[str] = field(default_factory=set)  # what a second database holds
    shown: defaultdict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    absent: set[str] = field(default_factory=set)  # ids that some version of the sheet lacked
    names: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    unseen: set[str] = field(default_factory=set)  # ids of which some version showed no name
    disowned: set[str] = field(default_factory=set)  # ids whose row is another, a person said
    filled: defaultdict[str, set[str]] = field(  # the fields that ever held something under an id
        default_factory=lambda: defaultdict(set)
    )
    emptied: set[str] = field(
        default_factory=set
    )  # ids whose row lost half of them, or all by word
    touched: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    acts: set[str] = field(default_factory=set)
    now: int = 0  # the version that the last act made
    last_edit: tuple[str, str, str] | None = None  # a table, an id and a field
    seen_history: int = 0
    violations: list[Violation] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin to watch."""
        self.ledger, self.asked, self.copies = Ledger(), Asked(), Copies()
        self.trades, self.covered = Trades(), Covered()
        self.blast = Blast(self.config.rails)
        self.needless, self.pace, self.sorts, self.hits = Needless(), Pace(), Sorts(), Hits()

    def fail(self, invariant: str, what: str) -> None:
        """Record that an invariant does not hold."""
        self.violations.append(Violation(invariant, what))

    def _take(self, found: Iterable[Broken]) -> None:
        for invariant, what in found:
            self.fail(invariant, what)

    # ── what happened ─────────────────────────────────────────────────────────────────────────

    def begin(self, book: Book, connection: sqlite3.Connection) -> None:
        """Take the state that a history begins with as made by people and programs."""
        self.person_acted(None, book, "the beginning")
        for table, record in board.records(connection):
            self.program_acted(connection, table, record["id"], "the beginning")
        for each in (self.ledger, self.asked, self.blast):
            each.begin(connection)

    def person_acted(self, before: Book | None, after: Book, what: str) -> None:
        """Note what a person's act put into the sheet and what it took away."""
        old = board.visible(before) if before else set()
        new = board.visible(after)
        for token in sorted(new - old):
            self.typed.setdefault(token, what)
            self.typed_at.setdefault(token, after.revision)
        self.replaced |= old - new
        self.replaced -= new
        self.replaced |= self.covered.deleted(before, after) if before else set()
        self.now = after.revision
        self._look(after)
        self.acts.add(what)
        then, now = _contents(before) if before else Counter(), _contents(after)
        self.trades.person_acted(then, now)
        known = {(table, dict(items).get("@id")) for table, items in then}
        for (_, items), keys in self.hits.acted(then, now).items():
            for token in tokens_in(dict(items)):
                self.claims[token] |= keys - {token}
        for old_keys, new_keys in renamed(then, now):
            for token in self.typed.keys() - new:
                if self.claims[token] & old_keys:
                    self.claims[token] |= new_keys
        for table, items in now - then:
            row = dict(items)
            self._note_edit(table, row)
            self.touched[table].add(row.get("@id", ""))
            self._claim(row, row.get("@id", ""), new - old)
            if (table, row.get("@id")) not in known:
                self.unnamed |= self._keys(table, row)
        keys: Counter[str] = Counter()
        for (table, items), count in board.contents(after).items():
            for token in self._keys(table, dict(items)):
                keys[token] += count
        for token, count in keys.items():
            self.copied[token] = max(self.copied[token], count)

    def _note_edit(self, table: str, row: dict[str, str]) -> None:
        """Remember which field of a known row somebody just edited."""
        if row.get("@id") in self.filled:
            for name in sorted(row.keys() - {"@id", "person"}):
                if any(self.typed_at.get(t) == self.now for t in tokens_in(row[name])):
                    self.last_edit = (table, row["@id"], name)

    def person_restored(self, number: int) -> None:
        """Note that who brings an older version back takes back all that was typed since."""
        self.restored = True
        self.replaced |= {token for token, at in self.typed_at.items() if at > number}

    def program_acted(
        self, connection: sqlite3.Connection, table: str, row: str, what: str
    ) -> None:
        """Note what a program put into a record."""
        for name, record in board.records(connection):
            if name == table and record["id"] == row:
                values = {k: v for k, v in record.items() if k not in ("id", "archived_at")}
                for token in sorted(tokens_in(values)):
                    self.typed.setdefault(token, what)
                self._claim(values, row, tokens_in(values))
                for token in self._keys(table, values):
                    self.copied[token] = max(self.copied[token], 1)

    def file_given(
        self, table: str, values: dict[str, Any], what: str = "a file", *, kept: bool = True
    ) -> None:
        """Note what an imported file says of a record; `kept`: both sides must hold it then."""
        for token in sorted(tokens_in(values)) if kept else ():
            self.typed.setdefault(token, what)
        self._claim(values, "", set())
        for token in self._keys(table, values):
            self.copied[token] += 1

    def _look(self, book: Book) -> None:
        """Note which tokens stand under which id or key, and which ids are not there."""
        there, named = set(), set[str]()
        for table, items in _contents(book):
            values = dict(items)
            row = values.pop("@id", "")
            tokens = {(name, t) for name, text in values.items() for t in tokens_in(text)}
            keys = self._keys(table, values)
            named |= keys
            for name in {row, *keys} - {""}:
                self.shown[name] |= tokens
            for _, token in tokens:  # what is put back where it belongs, under a name typed since
                of_nobody = not row and not self.claims[token]
                typed = self.typed_at.get(token, self.now)
                newer = keys and all(self.typed_at.get(key, 0) > typed for key in keys)
                if row in self.claims[token] or (of_nobody and newer):
                    self.claims[token] |= keys - {token}
            if values:
                there.add(row)
            self.filled[row] |= values.keys()
            if 2 * len(values) <= len(self.filled[row]):
                self.emptied.add(row)
        self.absent |= self.shown.keys() - there
        self.unseen |= {row for row, names in self.names.items() if not names & named}

    def sent(self, body: dict[str, Any]) -> None:
        """Note that a batch of syncd's was sent, whatever becomes of it."""
        self.needless.sent(operation_of(body))

    def called(self, process: int, kind: str, now_s: float) -> None:
        """Note that a call of syncd's arrived at Google."""
        self._take(self.pace.called(process, kind, now_s))

    def batch_applied(self, versions: Sequence[Book], body: dict[str, Any]) -> None:
        """Note that a batch of syncd's was applied: each operation at most once."""
        self._look(versions[-1])
        self._note_named(*versions[-2:])
        self.hits.applied(*versions[-2:], self.is_own)
        self.covered.applied(*versions[-2:])
        named = operation_of(body)
        self._take(self.needless.written(named, body, versions[:-1]))
        if named:
            self.applied[named] += 1
            if self.applied[named] > 1 and not self.restored:
                self.fail("exactly once", f"operation {named} was applied again")

    def _note_named(self, before: Book, after: Book) -> None:
        """Note whose a new row's values are, as it just got an id."""
        known = {dict(items).get("@id") for _, items in _contents(before)}
        for _, items in board.contents(after):
            row = dict(items).get("@id", "")
            tokens = tokens_in({name: text for name, text in items if name != "@id"})
            if row and row not in known and not tokens & self.owner.keys():
                self.owner |= dict.fromkeys(sorted(tokens), row)

    def _claim(self, values: dict[str, Any], row: str, fresh: set[str]) -> None:
        keys = keys_in(values)
        for name, value in values.items():
            for token in tokens_in(value):
                self.columns[token].add(name)
        # Another id may stand in the row, put there by mistake: who types does not see it.
        owners = {self.owner[t] for t in tokens_in(values) if t in self.owner}
        if board.STATUS.match(row):
            keys, row = keys | owners, ""
        for token in tokens_in(values):
            self.claims[token] |= keys - {token}
            if token in fresh:
                self.claims[token] |= owners
            if row:
                self.claims[token].add(row)
                if token in fresh:  # a sort may bring what a new row holds beside another's id
                    self.owner.setdefault(token, row)
                    if token in keys and self.owner[token] == row:
                        self.names[row].add(token)

    def _keys(self, table: str, values: dict[str, Any]) -> set[str]:
        return tokens_in(values.get({"people": "name", "deals": "topic"}[table]) or "")

    def is_own(self, row: str, values: dict[str, Any]) -> bool:
        """Whether a row's content is that of the record, as a person who was there would know."""
        keys = keys_in(values)
        return any(self.owner.get(token) == row for token in keys or tokens_in(values))

    # ── what must hold after each cycle ───────────────────────────────────────────────────────

    def cycle_begins(self, book: Book, connection: sqlite3.Connection) -> None:
        """Look at what a cycle is about to find."""
        self.needless.cycle_begins(book)
        self.copies.cycle_begins(book, connection)
        self.sorts.cycle_begins(book, connection)
        self.blast.cycle_begins(connection)

    def cycle_ended(self, book: Book, connection: sqlite3.Connection, cycle: Cycle) -> None:
        """Check what a cycle recorded: the base, what it pulled, and what it archived."""
        self._base_truth(connection)
        self._always(connection)
        self._take(self.blast.beyond(connection, self.absent, cycle.now_s, cycle.wrong_by))
        gone = Gone(
            in_sheet=self.absent | self.unseen, in_crm=out_of_use(connection), emptied=self.emptied
        )
        if self.restored:  # a row under the id of one out of use is not what it was shared as
            gone.emptied = self.emptied | self.trades.with_any(gone.in_crm)
        self._take(self.blast.unjustified(connection, cycle.halts, gone, self.touched, self.acts))
        if cycle.alone:
            self._take(self.copies.confused(connection))
            self._take(self.sorts.unfollowed(book) if not cycle.halts else ())
        for number, row, name, outcome, after in connection.execute(
            "SELECT id, row, field, outcome, after FROM _syncd_history"
            " WHERE id > ? AND side = 'crm' AND origin = 'sheet' ORDER BY id",
            [self.seen_history],
        ).fetchall():
            self.seen_history = number
            if outcome == "archived" and row not in self.absent | self.disowned:
                if connection.execute(AGREED, [row]).fetchone():
                    continue  # a person was asked whether it may go, and agreed
                self.fail("absence is not delete", f"{row} was archived and never out of sight")
            edits = self.config.policy.edits
            if outcome == "changed" and cycle.authority is Side.CRM and edits != "merge":
                self._was_accepted(connection, row, name, after)

    def _always(self, connection: sqlite3.Connection) -> None:
        """Check what holds whatever was done, by whomever."""
        self._take(self.ledger.untold(connection))
        self._take(self.asked.vanished(connection))
        shown = {name: {token for _, token in found} for name, found in self.shown.items()}
        # What stood in a row without the record's id is known by a key that the record ever had.
        for row, keys in board.key_tokens(connection)[0].items():
            shown[row] = shown.get(row, set()).union(*(shown.get(key, ()) for key in keys))
        self._take(self.asked.unasked(connection, shown))

    def skip(self, connection: sqlite3.Connection) -> None:
        """Pass over what was recorded while the authority may have changed."""
        self._always(connection)
        self.blast.remember(connection)
        self.blast.pass_over(connection)
        (last,) = connection.execute("SELECT max(id) FROM _syncd_history").fetchone()
        self.seen_history = int(last or 0)

    def file_left(self, connection: sqlite3.Connection) -> None:
        """Note what the file held that an admin replaces by a backup of it."""
        self.kept_elsewhere |= board.kept(connection)

    def file_put_back(self, connection: sqlite3.Connection) -> None:
        """Begin with what a backup holds: the history since, and what was asked, are not in it."""
        for each in (self.ledger, self.asked, self.blast):
            each.begin(connection)
        self.skip(connection)

    def _base_truth(self, connection: sqlite3.Connection) -> None:
        """Both sides held what the base says that both hold, in the very field."""
        keys, _ = board.key_tokens(connection)
        held: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        for row, name, before, after in connection.execute(
            "SELECT row, field, before, after FROM _syncd_history WHERE side = 'crm'"
        ):
            for value in (before, after):
                whole = not name and isinstance(value, str) and value.startswith("{")
                for field_, part in json.loads(value).items() if whole else ((name, value),):
                    held[row] |= {(field_, token) for token in tokens_in(part)}
        for row, values in connection.execute('SELECT row, "values" FROM _syncd_base'):
            shown = {t for name in {row, *keys.get(row, ())} for t in self.shown[name]}
            for name, value in json.loads(values).items():
                for token in tokens_in(value) if name != "person" else ():  # an id, no value
                    told = f"the base of {row}.{name} holds {token}"
                    if (name, token) not in held[row]:
                        self.fail("base truth", f"{told}, its record never did")
                    elif (name, token) not in shown:
                        self.fail("base truth", f"{told}, its row never did")

    def _was_accepted(
        self, connection: sqlite3.Connection, row: str, name: str, after: object
    ) -> None:
        """While the CRM has authority, an edit is pulled only where a person accepted it."""
        for (offered,) in connection.execute(
            "SELECT offered FROM _syncd_reviews WHERE row = ? AND field = ? AND standing = 'taken'",
            [row, name],
        ):
            if json.loads(offered).get(name) == after:
                return
        # Its entry may hold by now what was typed over the accepted value while that was written.
        if connection.execute(ACCEPTED, [row, name, after]).fetchone():
            return
        self.fail("authority", f"{row}.{name} became {after!r} while the CRM had authority")

    # ── what must hold when everything is quiet ───────────────────────────────────────────────

    def check(self, book: Book, connection: sqlite3.Connection, excused: Excused) -> None:
        """Check what must hold at the end; `excused` is what the engine says it left alone."""
        self._no_loss(book, connection)
        self._nobody_elses(book)
        self._no_misdirection(connection)
        self._no_doubles(book, connection)
        self._take(misaligned(book, connection, excused))

    def _no_loss(self, book: Book, connection: sqlite3.Connection) -> None:
        there = board.visible(book) | board.kept(connection)
        there |= self.replaced | self.kept_elsewhere
        for token, what in self.typed.items():
            if token not in there:
                self.fail("no silent loss", f"{token} ({what}) is nowhere")

    def _nobody_elses(self, book: Book) -> None:
        """What people wrote beside the table, or as notes, is where they can see it."""
        there = board.visible(book) | self.replaced
        for token, what in self.typed.items():
            if token.startswith(BESIDE) and token not in there:
                self.fail("minimal write", f"{token} ({what}) is not to be seen any more")

    def _no_misdirection(self, connection: sqlite3.Connection) -> None:
        keys, first = board.key_tokens(connection)
        for table, record in board.records(connection):
            row = record["id"]
            own = {row, *keys.get(row, ())}
            for name, value in record.items():
                if name in ("id", "archived_at", "person") or value is None:
                    continue
                for token in tokens_in(value):
                    if name not in self.columns[token]:
                        text = f"{row}.{name} holds {token} of {sorted(self.columns[token])}"
                        self.fail("no misdirection", text)
                    if name in KEYS and token in first.get(row, ()):
                        continue  # a new row became this record under this very key
                    if not self.claims[token] & own:
                        text = f"{table} {row}.{name} holds {token} of {sorted(self.claims[token])}"
                        self.fail("no misdirection", text)

    def _no_doubles(self, book: Book, connection: sqlite3.Connection) -> None:
        held: Counter[str] = Counter()
        persons: defaultdict[str, set[str]] = defaultdict(set)
        for table, record in board.records(connection):
            if record["archived_at"] is None:
                held.update(self._keys(table, record))
                for token in self._keys(table, record):
                    persons[token].add(record.get("person", ""))
        for token, count in held.items():
            if token in self.unnamed and len(persons[token]) == count:
                continue  # a topic of two people is two records; the row's id told nothing
            if count > max(self.copied[token], 1):
                self.fail("exactly once", f"{count} records for {token}, {self.copied[token]} made")
        shown: Counter[str] = Counter()
        for table, row in board.rows(book):
            # A row that is refused or waits is no record, and a person was told so.
            if not board.STATUS_OF_OTHERS.match(row.get("@status", "")):
                shown.update(self._keys(table, row))
        for token, count in shown.items():
            if count > max(self.copied[token], held[token], 1):
                self.fail("exactly once", f"{count} rows for {token}, {self.copied[token]} made")


def _contents(book: Book) -> Counter[tuple[str, frozenset[tuple[str, str]]]]:
    """Return the rows as the metadata names their columns, and as their titles do."""
    return board.contents(book) | board.contents(book, by_titles=True)


def out_of_use(connection: sqlite3.Connection) -> set[str]:
    """Return the ids of the records that were out of use at some moment."""
    found = {row for (row,) in connection.execute(OUT_OF_USE)}
    return found | {r["id"] for _, r in board.records(connection) if r["archived_at"]}
