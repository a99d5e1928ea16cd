"""Conclude: judge an applied operation from its mirror, and commit everything that it shows."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache
from hashlib import sha256

from syncd.core.snapshot import RowId, TableName, Values
from syncd.crm.operations import Operation
from syncd.crm.state import COPIES_SKIP
from syncd.cycle import codec
from syncd.cycle.answers import called_off, worked_on
from syncd.cycle.commit import Commit, with_typed
from syncd.cycle.intent import Again, Intent, Mirror, repair_of
from syncd.cycle.verdict import (
    given_up_events,
    lost_references,
    replaced_events,
    typed_back,
    typed_reviews,
    victim_events,
)
from syncd.cycle.workspace import Workspace
from syncd.schema import Cell, Labels, Table
from syncd.sheet.cells import Entered, is_formula, plain, trimmed
from syncd.sheet.exchange import NOT_COPIED, Batch, Inserted
from syncd.sheet.judgement import Victim, judge, replaced, titles_above
from syncd.sheet.layout import Layout
from syncd.sheet.read import Slots

SLOTS_MAX = 300  # rows of the mirror that each read looks at again

Hurt = Victim | Inserted
Titles = Mapping[TableName, tuple[Entered, ...]]


def conclude(
    ws: Workspace, layout: Layout, operation: Operation, intent: Intent, mirror: Mirror
) -> None:
    """Judge an applied operation and commit everything that it shows, as one transaction.

    `mirror` is that of the batch to look at, which is an earlier one where that is judged again.
    """
    verdict = judge(intent.batch, intent.titles, mirror, intent.keys)
    labels = current_labels(ws)
    typed = typed_reviews(ws, layout, intent, verdict, labels)
    victims = [*verdict.victims, *typed_back(intent, verdict, mirror)]
    _tell(ws, victims)
    with ws.crm.database.transaction():
        stored = ws.crm.operations.find(operation.number, operation.nonce)
        if stored is None or not stored.is_open:
            return  # another process of this database judged it meanwhile
        off = called_off(ws, intent) & verdict.verified
        carried = verdict.verified - off - worked_on(intent, mirror)
        commit = Commit(ws, labels, intent.cycle)
        plans = {
            name: [
                with_typed(plan, typed.get((name, plan.row), {}))
                for plan in rows
                if (name, plan.row) in carried
            ]
            for name, rows in intent.plans.items()
        }
        ws.refused |= commit.rows(plans)
        commit.typed(typed, plans)
        events = [e for victim in victims for e in victim_events(layout, victim)]
        events += replaced_events(layout, intent, verdict)
        events += lost_references(ws, layout, intent, verdict)
        ws.crm.history.add(events, at=commit.at, cycle=intent.cycle)
        back = undone(intent.batch, intent.titles, mirror, off)
        _add_repairs(ws, operation, [*victims, *verdict.strays, *back])
        for number in intent.repairs:
            rows = {each for each in intent.batch.rows() if repair_of(each[1]) == number}
            if rows <= verdict.verified:
                ws.crm.operations.close_repair(number, "put back")
        ws.crm.operations.reopen_repairs(intent.reopened)
        if intent.again:
            _judge_again(ws, layout, intent.again, mirror)
        ws.crm.operations.judge(operation.number, digest_of(intent.batch, mirror))
        ws.crm.state.set("slots", _remembered(intent.batch, mirror))
        if any(NOT_COPIED in slot for at in mirror.values() for slot in at.values()):
            ws.crm.state.set(COPIES_SKIP, "1")
        ws.crm.operations.bury()


def give_up(ws: Workspace, layout: Layout) -> None:
    """Close what was sent and can be neither judged nor applied any more; keep what it replaced."""
    with ws.crm.database.transaction():
        for operation in ws.crm.operations.candidates():
            if operation.state == "sent":
                intent: Intent = codec.load(operation.intent)
                events = given_up_events(layout, intent)
                ws.crm.history.add(events, at=ws.now(), cycle=intent.cycle)
        ws.crm.operations.bury()


def looked_at(ws: Workspace, intent: Intent) -> Batch:
    """Return the batch of which the mirror shows what it met: an earlier one is judged again.

    Moving the token writes nothing into the mirror, so that it still shows what that one met.
    """
    earlier = _earlier(ws, intent.again) if intent.again else None
    if earlier is None:
        return intent.batch
    found: Intent = codec.load(earlier.intent)
    return found.batch


def _earlier(ws: Workspace, again: Again) -> Operation | None:
    """Return the operation to be judged again, if it is still known what it was to do."""
    operation = ws.crm.operations.find(again.number, again.nonce)
    return operation if operation and operation.intent else None


def _judge_again(ws: Workspace, layout: Layout, again: Again, mirror: Mirror) -> None:
    """Mend what an operation did when an older version of the file was brought back to it.

    Of the newest one what stands is right, save where it met something else than at first. Any
    other, and one that was given up, is undone as a whole: nobody plans with it any more.
    """
    operation = _earlier(ws, again)
    if operation is None:
        return
    intent: Intent = codec.load(operation.intent)
    batch = intent.batch
    slots = digest_of(batch, mirror)
    if slots == operation.slots:
        return  # the file stands as it did when this was judged
    verdict = judge(batch, intent.titles, mirror, intent.keys)
    hurt: list[Hurt] = [*verdict.victims, *verdict.strays]
    back = replace(intent, repairs=(*intent.repairs, 0))  # what was typed goes back, whoever rules
    hurt += typed_back(back, verdict, mirror)
    if not again.newest:
        hurt = [*undone(batch, intent.titles, mirror, batch.rows())]
    victims = [each for each in hurt if isinstance(each, Victim)]
    _tell(ws, victims)
    events = [e for victim in victims for e in victim_events(layout, victim)]
    ws.crm.history.add(events, at=ws.now(), cycle=intent.cycle)
    _add_repairs(ws, operation, hurt)
    ws.crm.operations.rejudge(operation.number, slots)


def mended_since(ws: Workspace, shown: Operation, mirror: Mirror) -> tuple[int, ...]:
    """Return the repairs that are gone with all that came after an operation, as the file shows.

    Where its mirror is not as it was judged, it was applied once more, and that is judged again.
    """
    intent: Intent = codec.load(shown.intent)
    if digest_of(intent.batch, mirror) != shown.slots:
        return ()
    since = (codec.load(each.intent) for each in ws.crm.operations.judged_since(shown.number))
    carried = sorted({number for later in since for number in later.repairs})
    return ws.crm.operations.closed_since(shown.number, carried)


def undone(
    batch: Batch, titles: Titles, mirror: Mirror, rows: Collection[tuple[TableName, RowId]]
) -> Iterable[Hurt]:
    """Yield what takes back what a batch did to rows, as far as its mirror shows what stood."""
    for each in (*batch.touched, *batch.removed):
        slot = mirror.get(each.table, {}).get(each.position)
        meant = (each.table, each.row) in rows
        if meant and slot is not None and NOT_COPIED not in slot:
            above = titles_above(titles[each.table], mirror[each.table].get(0, ()))
            wrote, gone = replaced(each, slot, each.cells), each in batch.removed
            if wrote or gone:
                yield Victim.of(each, slot, above, wrote=wrote, gone=gone)
    yield from (each for each in batch.inserted if (each.table, each.row) in rows)


def _tell(ws: Workspace, victims: Iterable[Victim]) -> None:
    for victim in victims:
        ws.tell(f"Row {victim.position + 1} of {victim.table} was hit by mistake; mending it.")


def _add_repairs(ws: Workspace, operation: Operation, hurt: Iterable[Hurt]) -> None:
    repairs = [(each.table, codec.dump(each)) for each in hurt]
    ws.crm.operations.add_repairs(operation.number, repairs)


def digest_of(batch: Batch, mirror: Mirror) -> str:
    """Return a short name of what a batch's slots of the mirror hold."""
    if not batch.tables():
        return ""
    held = [
        [name, position, [cell and dict(cell) for cell in trimmed(slot)]]
        for name, position, slot in _slots(batch, mirror)
    ]
    return sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()[:16]


def _slots(batch: Batch, mirror: Mirror) -> Iterable[tuple[TableName, int, tuple[Entered, ...]]]:
    for name in sorted(batch.tables()):
        for position in sorted({0, *batch.positions(name)}):
            yield name, position, mirror.get(name, {}).get(position, ())


def _remembered(batch: Batch, mirror: Mirror) -> str:
    """Return what each read of the mirror has to show, as long as it is not too much of it.

    What a formula shows may change by itself, so a formula's cell is not looked at.
    """
    slots = [
        [
            name,
            position,
            [None if is_formula(cell) else plain(cell) or "" for cell in slot],
        ]
        for name, position, slot in _slots(batch, mirror)
    ]
    return json.dumps(slots) if len(slots) <= SLOTS_MAX else "[]"


def remembered_slots(ws: Workspace) -> Slots:
    """Return what the mirror held when it was judged last: rows of plain cells, by table."""
    found: dict[TableName, dict[int, tuple[Cell, ...]]] = {}
    for name, position, cells in json.loads(ws.crm.state.get("slots") or "[]"):
        found.setdefault(TableName(name), {})[position] = tuple(cells)
    return found


def current_labels(ws: Workspace) -> Labels:
    """Return the labels of the records as they stand in the CRM."""
    former = cache(ws.crm.state.former_labels)

    def read(table: Table) -> tuple[Mapping[RowId, Values], Collection[RowId]]:
        records = ws.crm.records.read(table)
        archived = {row for row, record in records.items() if record.archived}
        return {row: record.values for row, record in records.items()}, archived

    return Labels.deferred(ws.schema, read, lambda table: former().get(table.name, {}))
