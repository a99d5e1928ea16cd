"""The examination: every part by itself, so that one that fails hides no other."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from syncd.config import Config, load_config
from syncd.cycle.refill import set_up
from syncd.cycle.workspace import Workspace, wall_clock
from syncd.doctor import machine, spreadsheet
from syncd.doctor.line import Line, State, told, well
from syncd.doctor.standing import standing
from syncd.errors import Remedy, SyncdError
from syncd.sheet.client import Client


def examine(
    path: Path | None,
    *,
    now: Callable[[], datetime] = wall_clock,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Line]:
    """Look at everything that a workspace depends on, a line for each thing."""
    yield from machine.versions()
    try:
        config = load_config(path)
    except SyncdError as error:
        yield told("config", error)
        return
    yield well("config", str(path or "it can be read"))
    ground = [*machine.schemas(config), *machine.key(config), *machine.file(config)]
    yield from ground
    failed = {line.part for line in ground if line.state is State.FAIL}
    if "key" in failed:
        return
    if failed or not config.spreadsheet:
        with closing(_client(config)) as client:
            yield from spreadsheet.access(client, now)
        return
    yield from _workspace(config, now, tell)


def _client(config: Config) -> Client:
    return Client(
        spreadsheet=config.spreadsheet,
        credentials=config.credentials_path,
        endpoint=config.sheet.endpoint,
    )


def _workspace(
    config: Config, now: Callable[[], datetime], tell: Callable[[str], None]
) -> Iterator[Line]:
    """Look at what takes an open workspace."""
    try:
        ws = Workspace.open(config, tell)
    except SyncdError as error:
        yield told("database", error)
        return
    with ws:
        opened = list(spreadsheet.access(ws.client, now))
        yield from opened
        if not any(line.state is State.FAIL for line in opened):
            placed = list(spreadsheet.layout(ws))
            yield from placed
            yield from spreadsheet.google(ws)
        yield from standing(ws)


def exit_code(lines: Iterable[Line]) -> int:
    """Return how the verb ends: 1 broken, 3 needs a person's decision, 4 comes back by itself."""
    remedies = {line.remedy for line in lines if line.state is State.FAIL}
    if Remedy.REPAIR in remedies:
        return 1
    if Remedy.DECISION in remedies:
        return 3
    return 4 if remedies else 0


def heal(ws: Workspace, lines: list[Line]) -> int:
    """Put back what is missing in the spreadsheet; return how many changes that took.

    A whole tab of people's rows is not made again here: they may want it back as it was.
    """
    if any(line.first for line in lines) or not any(line.healable for line in lines):
        return 0
    return set_up(ws)
