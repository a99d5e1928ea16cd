"""What tests of the probes share: a sandbox of one's own, and a run of chosen probes in it."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syncd.probe import PROBES, Findings, Scratch, run_probes, thrown_away
from syncd.sandbox import Sandbox
from syncd.sheet.client import Client
from tests.world import Clock

BY_ID = {probe.id: probe for probe in PROBES}
Ask = Callable[[str, Scratch], bool]


class Lab:
    """A sandbox whose settings may be changed, and the way to run probes in it."""

    def __init__(self, box: Sandbox, folder: Path) -> None:
        self.box = box
        self.key = folder / "key.json"
        self.key.write_text(json.dumps(box.credentials()), encoding="utf-8")
        self.said: list[str] = []

    def client(self, spreadsheet: str = "") -> Client:
        """Return a client for which the quota's minutes pass at once."""
        clock = Clock()
        return Client(
            spreadsheet=spreadsheet,
            credentials=self.key,
            endpoint=self.box.url,
            clock=clock,
            sleep=clock.sleep,
        )

    def scratch(self, client: Client) -> Scratch:
        """Return a place for probes."""
        chance = random.Random(4)
        return Scratch(client=client, mint=lambda: chance.randrange(2**31))

    def run(self, *names: str, ask: Ask | None = None) -> Findings:
        """Run probes by their ids, or all, on a spreadsheet that is thrown away."""
        client = self.client()
        scratch = self.scratch(client)
        if ask is not None:
            scratch.ask = lambda text: ask(text, scratch)
        try:
            with thrown_away(scratch, self.said.append):
                return run_probes([BY_ID[name] for name in names] or PROBES, scratch)
        finally:
            client.close()

    def files(self) -> list[str]:
        """Return the ids of all spreadsheets."""
        client = self.client()
        found = client.call("GET", "/drive/v3/files", kind="").json()["files"]
        client.close()
        return [each["id"] for each in found]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A sandbox of one's own."""
    with Sandbox() as box:
        yield Lab(box, tmp_path)
