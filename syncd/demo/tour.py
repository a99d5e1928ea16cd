"""`syncd demo --tour`: the whole story without a person, each step read back from both sides."""

import shlex
import shutil
import time
from pathlib import Path
from typing import Any

from syncd.demo.children import Child, Family, family, own_name
from syncd.demo.rows import (
    CAMPAIGNS,
    COOPERATIONS,
    CREDIT,
    MAPPING,
    foreign_list,
    influencers,
    sample,
)
from syncd.demo.sides import Sheet, Team
from syncd.demo.stage import (
    make_folder,
    only_one,
    start_daemon,
    start_sandbox,
    with_team,
    write_config,
)
from syncd.demo.story import TAB, Story, Tell, Wanted
from syncd.errors import UsageError

POLL_DAEMON_S = 1.5
MERGE = """
[policy]
edits = "merge"
"""
MARKER = "made-by-syncd-demo-tour.txt"
LIST_TAB = "Instagram list"


def play_tour(folder: Path, tell: Tell) -> None:
    """Play the story in a folder of its own; what does not hold is raised."""
    make_folder(folder)
    again = f"`syncd demo --tour --folder {shlex.quote(str(folder))}` starts afresh."
    with only_one(folder / "tour.lock", "the tour"):
        own = _made_afresh(folder / "tour")
        with family(own, again=again) as members:
            _play(members, tell)


def _made_afresh(folder: Path) -> Path:
    """Make the tour's folder anew; an old one is deleted only where a tour made it."""
    is_ours = (folder / MARKER).is_file() and not folder.is_symlink()
    if is_ours:
        shutil.rmtree(folder)
    elif folder.is_symlink() or folder.exists():
        raise UsageError(
            "it is there, but no tour made it",
            on=str(folder),
            hint="Move it away, or name another folder by --folder.",
        )
    folder.mkdir()
    text = "`syncd demo --tour` made this folder, and deletes it when it plays again.\n"
    (folder / MARKER).write_text(text, encoding="utf-8")
    return folder


def _play(members: Family, tell: Tell) -> None:
    began = time.monotonic()
    tell("A team in its sheet, an admin, a CRM, and syncd between them. → done  ✓ read back")
    tell(CREDIT)
    url = start_sandbox(members)
    with with_team(members, url) as team:
        tour = Tour(members, tell, team)
        for step in (
            tour.imports,
            tour.connects,
            tour.edits_the_crm,
            tour.edits_the_sheet,
            tour.accepts,
            tour.types_a_bad_row,
            tour.mends_it,
            tour.merges,
            tour.disagrees,
            tour.disconnects,
            tour.reconnects,
        ):
            step()
        tell(f"\nAll {tour.steps} steps hold ({time.monotonic() - began:.0f} s). What they left:")
    for verb in ("status", "history"):
        tell(f"  {own_name()} {verb} --config {shlex.quote(str(tour.config))}")


class Tour(Story):
    """The steps of the story, in its order."""

    def __init__(self, members: Family, tell: Tell, team: Team) -> None:
        super().__init__(members, tell)
        self.person = team
        self.sheet: Sheet
        self.daemon: Child
        self.entry = 0

    def imports(self) -> None:
        """Fill the CRM from the team's tabs and from somebody's list in another spreadsheet."""
        self.begin("Import: the team's own tabs, and a list in another spreadsheet")
        self.sheet = self.person.make_spreadsheet("Influencer marketing (tour)")
        write_config(
            self.config, spreadsheet=self.sheet.id, url=self.person.url, poll_s=POLL_DAEMON_S
        )
        self.did("team", f"makes a spreadsheet; watch it: {self.sheet.page}")
        self.admin("init", as_json=False)
        own = [row for row in sample() if row["platform"] == "youtube"]
        listed = [row for row in sample() if row["platform"] == "instagram"]
        self.sheet.add("Campaigns", CAMPAIGNS)
        self.sheet.add(TAB, influencers(own))
        self.sheet.add("Cooperations", COOPERATIONS)
        self.did("team", f"types {len(own)} influencers, 3 campaigns, 4 cooperations")
        foreign = self.person.make_spreadsheet("Somebody's list", LIST_TAB)
        foreign.put(LIST_TAB, "A1", foreign_list(listed))
        titles = ", ".join(foreign.grid(LIST_TAB)[0])
        self.did("team", f"pastes {len(listed)} more elsewhere, titled {titles}")
        mapping = self.members.folder / "mapping.toml"
        mapping.write_text(MAPPING, encoding="utf-8")
        document = self.admin(
            "import",
            f"{foreign.page}#{LIST_TAB}",
            "--map",
            str(mapping),
            shown=f'import "ADDRESS#{LIST_TAB}" --map mapping.toml',
        )
        report = document["imports"][0]["tables"]["influencers"]
        counts = (report["created"], report["refused"])
        self.expect(counts == (len(listed) - 1, 1), "all but one row are created", report)
        self._read_list(foreign)
        self._count(len(own) + len(listed) - 1)

    def _read_list(self, foreign: Sheet) -> None:
        answers = {row["channel_info"]: row["syncd import"] for row in foreign.rows(LIST_TAB)}
        self.expect("NaN%" in answers["rkive"], "the refused row says why", answers)
        for name in ("cristiano", "rkive"):
            self.holds("list", f"{name} · {answers[name]}")

    def _count(self, influencers_now: int) -> None:
        wanted = (influencers_now, len(CAMPAIGNS), len(COOPERATIONS))
        tabs = (TAB, "Campaigns", "Cooperations")

        def counts() -> tuple[tuple[int, ...], tuple[int, ...]]:
            shown = (self.sheet.rows(tab) for tab in tabs)
            in_sync = tuple(sum(row["Sync"] == "In sync" for row in rows) for rows in shown)
            return in_sync, tuple(self.records.count(tab.lower()) for tab in tabs)

        self.until(lambda: counts() == (wanted, wanted), f"{wanted} rows on both sides", counts)
        told = "{} influencers, {} campaigns, {} cooperations".format(*wanted)
        self.holds("sheet", f"{told}, all “In sync”")
        self.holds("CRM", told)

    def connects(self) -> None:
        """Give authority to the CRM and let the daemon work."""
        self.begin("Connect: from now on the CRM wins")
        self._switch("connect", "crm", "review")
        self._start_daemon()
        self.read_back(self.sheet, followers("MrBeast", 284_000_000))

    def _start_daemon(self) -> None:
        self.daemon = start_daemon(self.members, self.person, self.config)
        sandbox = self.members.children[0].pid
        self.did("admin", f"syncd run (process {self.daemon.pid}; the sandbox is {sandbox})")

    def _switch(self, verb: str, authority: str, policy: str, *options: str) -> None:
        told = self.admin(verb, *options, "--yes")
        found = (told["authority"], told["policy"])
        self.expect(found == (authority, policy), f"{authority} rules by {policy}", found)

    def edits_the_crm(self) -> None:
        """Show that the CRM's edit is pushed."""
        self.begin("An edit in the CRM appears in the sheet")
        self.records.edit("MrBeast", "followers", 285_000_000)
        self.did("CRM", "UPDATE influencers SET followers = 285000000 WHERE name = 'MrBeast'")
        self.read_back(self.sheet, followers("MrBeast", 285_000_000))

    def edits_the_sheet(self) -> None:
        """Show that the team's edit is put back and kept."""
        self.begin("An edit in the sheet is put back, and waits in review")
        self.sheet.type(TAB, "PewDiePie", "Category", "Comedy")
        self.did("team", "types “Comedy” over “Gaming” as PewDiePie's category")
        self.read_back(self.sheet, category("PewDiePie", "Gaming", status="In review"))
        self.entry = self._waiting(sheet="Comedy", crm="Gaming", field="category")

    def _waiting(self, **wanted: str) -> int:
        """Return the number of the one entry that waits, and check what it says."""
        entries: list[dict[str, Any]] = self.admin("review", "list")
        self.expect(len(entries) == 1, "one entry waits", entries)
        entry = entries[0]
        self.expect(all(entry[k] == v for k, v in wanted.items()), f"it says {wanted}", entry)
        what = f"{entry['field']}: sheet {entry['sheet']!r}, CRM {entry['crm']!r}"
        told = what if entry["field"] else f"a {entry['kind']} row in the {entry['side']}"
        self.holds("review", f"no. {entry['id']} · {entry['label']} · {told}")
        return int(entry["id"])

    def _answer(self, verb: str, standing: str) -> None:
        (entry,) = self.admin("review", verb, str(self.entry))
        self.expect(entry["standing"] == standing, f"it is {standing}", entry)

    def accepts(self) -> None:
        """Show that an accepted edit arrives on both sides."""
        self.begin("The admin accepts it: the edit stands on both sides")
        self._answer("accept", "accepted")
        self.read_back(self.sheet, category("PewDiePie", "Comedy"))

    def types_a_bad_row(self) -> None:
        """Show that a row which fails its schema says why in the sheet."""
        self.begin("A bad row is refused, with its reason in the sheet")
        (rkive,) = (row for row in sample() if row["name"] == "rkive")
        self.sheet.add(TAB, influencers([rkive]))
        self.did("team", "types the row that the import refused: rkive, 37.0m, NaN%")
        self.read_back(self.sheet, rate("NaN%", crm=None, status="Refused"))

    def mends_it(self) -> None:
        """Show that the mended row waits as any new row does, and becomes a record."""
        self.begin("The team mends it; as a new row it waits in review, then is a record")
        self.sheet.type(TAB, "rkive", "Engagement rate", "")
        self.did("team", "clears the cell: what nobody knows stays blank")
        self.read_back(self.sheet, rate("", crm=None, status="In review"))
        self.entry = self._waiting(kind="new", side="sheet")
        self._answer("accept", "accepted")
        self.read_back(self.sheet, followers("rkive", 37_000_000, shown="37.0m"))

    def merges(self) -> None:
        """Show live two-way sync."""
        self.begin("Policy “merge”: an edit on each side of one row arrives on the other")
        self.members.end_one(self.daemon)
        with self.config.open("a", encoding="utf-8") as config:
            config.write(MERGE)
        self.did("admin", 'stops the daemon, sets edits = "merge" in config.toml, starts it again')
        self._start_daemon()
        with self.records.editing("T-Series", "followers", 269_000_000):
            self.sheet.type(TAB, "T-Series", "Category", "Music & film")
        self.did("CRM", "followers of T-Series 268000000 → 269000000")
        self.did("team", "category of T-Series “Music” → “Music & film”")
        self.read_back(self.sheet, followers("T-Series", 269_000_000))
        self.read_back(self.sheet, category("T-Series", "Music & film"))

    def disagrees(self) -> None:
        """Show that the CRM wins a conflict and the other value is kept."""
        self.begin("A conflict goes to the CRM; the other value is kept in review")
        with self.records.editing("WWE", "followers", 103_000_000):
            self.sheet.type(TAB, "WWE", "Followers", "101.5m")
        self.did("both", "followers of WWE: the CRM says 103000000, the team 101.5m")
        self.read_back(self.sheet, followers("WWE", 103_000_000, status="In review"))
        self.entry = self._waiting(label="WWE", field="followers")
        self._answer("reject", "rejected")
        self.read_back(self.sheet, followers("WWE", 103_000_000))

    def disconnects(self) -> None:
        """Show that the sheet is pulled while it has authority."""
        self.begin("Disconnect: an edit in the sheet reaches the CRM")
        self._switch("disconnect", "sheet", "mixed")
        self.sheet.type(TAB, "Zee TV", "Followers", "81.5m")
        self.did("team", "types 81.5m as Zee TV's followers")
        self.read_back(self.sheet, followers("Zee TV", 81_500_000, shown="81.5m"))

    def reconnects(self) -> None:
        """Show that the CRM wins again, and that nothing is left over."""
        self.begin("Reconnect: the CRM wins again, and nothing was lost or left over")
        self._switch("connect", "crm", "review", "--policy", "review")
        told = self.admin("status")
        left = {n: (t["review"], t["quarantine"]) for n, t in told["tables"].items()}
        self.expect(set(left.values()) == {(0, 0)}, "nothing waits, nothing is refused", left)
        self._count(len(sample()))


def followers(name: str, number: int, *, shown: str = "", status: str = "In sync") -> Wanted:
    """Return that an influencer has so many followers on both sides, as the sheet shows it."""
    return Wanted(
        name=name,
        title="Followers",
        field="followers",
        sheet=shown or f"{number:,}",
        crm=number,
        status=status,
    )


def category(name: str, text: str, status: str = "In sync") -> Wanted:
    """Return that an influencer has this category on both sides."""
    return Wanted(
        name=name, title="Category", field="category", sheet=text, crm=text, status=status
    )


def rate(text: str, *, crm: float | None, status: str) -> Wanted:
    """Return that rkive shows this engagement rate; without one in the CRM there is no record."""
    return Wanted(
        name="rkive",
        title="Engagement rate",
        field="engagement_rate",
        sheet=text,
        crm=crm,
        status=status,
    )
