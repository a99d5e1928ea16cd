"""Whatever is wrong is said plainly, with the right exit code, and nothing is lost by it."""

import ctypes
import json
import os
import resource
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.cli.command import (
    assert_failed,
    assert_failed_json,
    daemon,
    syncd,
    wait_for,
    write_config,
)
from tests.cli.conftest import Before, Run
from tests.world import World

USAGE, FAILED, HELD, LATER = 2, 1, 3, 4
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1  # of Linux


def refuse(world: World, role: str) -> None:
    """Change what the service account may do with the spreadsheet."""
    world._call("POST", "/_sandbox/access", {"spreadsheetId": world.spreadsheet, "role": role})


# ── the config ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("verb", ["sync", "run", "history"])
def test_no_config_is_said(tmp_path: Path, verb: str) -> None:
    """Without a config a command names the file that it looked for, and how to get one."""
    assert_failed(syncd(verb, folder=tmp_path), USAGE, "no config", "config.toml", "syncd init")
    assert not list(tmp_path.iterdir())


def test_init_writes_an_example_to_fill_in(tmp_path: Path) -> None:
    """The first init writes the config; as it stands, it says which key is to be filled in."""
    told = syncd("init", folder=tmp_path)
    assert_failed(told, USAGE, "config.toml", "sheet.spreadsheet", "syncd init")
    assert_failed(syncd("sync", folder=tmp_path), USAGE, "sheet.spreadsheet is empty")
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".db"] == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[sheet]\npol_s = 5", ["sheet.pol_s", "no such key"]),
        ("[sheets]\npoll_s = 5", ["sheets", "no such key"]),
        ('[sheet]\npoll_s = "often"', ["sheet.poll_s", "valid number"]),
        ("[sheet]\npoll_s = 0", ["sheet.poll_s", "greater than or equal to 0.2"]),
        ('sheet = "abc"', ["sheet"]),
        ('[policy]\nedits = "mine"', ["policy.edits", "'review', 'merge' or 'reject'"]),
        ('[policy.tables.nobody]\nedits = "merge"', ["nobody", "no table"]),
        ('[policy.tables.influencers.fields]\nnote = "merge"', ["note", "notes"]),
        ("[sheet\npoll_s = 5", ["cannot be read", "line 1"]),
        ("[rails]\nremoved_share_max = 10", ["rails.removed_share_max", "less than or equal to 1"]),
    ],
)
def test_a_wrong_config_names_the_key(
    still: World, untouched: Run, text: str, told: list[str]
) -> None:
    """An unknown key, a wrong type, a value out of range and broken TOML are each named."""
    (still.folder / "config.toml").write_text(text, encoding="utf-8")
    given = {"SYNCD_SHEET__SPREADSHEET": still.spreadsheet} if "nobody" in text else {}
    assert_failed(untouched("sync", env=given), USAGE, "config", *told)


def test_a_config_that_is_no_text_is_said(still: World, untouched: Run) -> None:
    """A config of bytes, and one that is a folder, are unreadable configs."""
    (still.folder / "config.toml").write_bytes(b"\xff\xfe\x00")
    assert_failed(untouched("sync"), USAGE, "cannot be read", "config.toml")
    assert_failed(untouched("sync", "--config", "."), USAGE, "cannot be read")


def test_a_wrong_environment_key_is_named(untouched: Run) -> None:
    """A wrong value by environment is named as the same key."""
    told = untouched("sync", env={"SYNCD_SHEET__POLL_S": "often"})
    assert_failed(told, USAGE, "sheet.poll_s", "valid number")


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (None, "no such file"),
        ("{", "no usable key"),
        ("{}", "no usable key"),
        ("[]", "no usable key"),
        ('{"type": "authorized_user"}', "no usable key"),
        ("broken private key", "no usable key"),
    ],
)
def test_missing_or_broken_credentials_are_said(
    still: World, untouched: Run, key: str | None, told: str
) -> None:
    """The key's file is named, and what it has to be; the key itself is never printed."""
    path = still.folder / "key.json"
    text = path.read_text(encoding="utf-8")
    secret = text.split("PRIVATE KEY-----")[1][2:40]
    path.unlink()
    if key == "broken private key":
        path.write_text(text.replace(secret, "AAAA"), encoding="utf-8")
    elif key is not None:
        path.write_text(key, encoding="utf-8")
    failed = untouched("sync")
    assert_failed(failed, USAGE, told, "key.json", "service account")
    assert secret not in failed.err


# ── Google ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("verb", ["init", "sync", "run"])
def test_a_wrong_spreadsheet_id_is_said(filled: World, place: Path, verb: str) -> None:
    """No spreadsheet of this id (404): the id is named, and where to get the right one."""
    (place / "crm.db").unlink()
    write_config(filled, spreadsheet="1" * 44)
    assert_failed(syncd(verb, folder=place), FAILED, "no spreadsheet", "1" * 44, "address")


@pytest.mark.parametrize("verb", ["sync", "init", "run"])
def test_no_access_is_said(still: World, untouched: Run, verb: str) -> None:
    """No permission (403): the account to share the spreadsheet with is named."""
    refuse(still, "none")
    try:
        assert_failed(
            untouched(verb), FAILED, "no access", "Share it with", "iam.gserviceaccount.com"
        )
        if verb == "sync":
            assert "Share" in assert_failed_json(untouched(verb, "--json"), FAILED)["hint"]
    finally:
        refuse(still, "writer")


def test_access_revoked_for_a_while_is_outlasted(filled: World, place: Path) -> None:
    """The daemon says once that it lost access, keeps what it could not write, and goes on."""
    with daemon(place) as (process, log):
        filled.crm("UPDATE influencers SET notes = 'one' WHERE name = 'Ada'")
        wait_for(lambda: "Cycle" in log.read_text(), 20)
        refuse(filled, "none")
        try:
            wait_for(lambda: "no access" in log.read_text(), 20)
            filled.type("Influencers", filled.at("Influencers", "Bea", "Followers"), 999)
            time.sleep(2.5)
        finally:
            refuse(filled, "writer")
        wait_for(lambda: "All is well again." in log.read_text(), 30)
        wait_for(lambda: followers(filled, "Bea") == 999, 20)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        lines = log.read_text().splitlines()
    assert sum("no access" in line for line in lines) == 1, lines
    assert all(line[:4].isdigit() for line in lines), lines


def followers(world: World, name: str) -> object:
    """Return what the CRM's file holds, read as another program does."""
    with closing(sqlite3.connect(world.config.crm_path)) as connection:
        found = connection.execute("SELECT followers FROM influencers WHERE name = ?", [name])
        return found.fetchone()[0]


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An address at which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize("verb", ["sync", "import"])
def test_google_out_of_reach_is_temporary(
    still: World, nowhere: str, untouched: Run, verb: str
) -> None:
    """Nothing listens: exit 4 within seconds, and both sides are as before."""
    write_config(still, endpoint=nowhere)
    start = time.monotonic()
    assert_failed(untouched(verb), LATER, "could not be reached", "network")
    assert time.monotonic() - start < 12
    assert_failed_json(untouched(verb, "--json"), LATER)


def test_looking_needs_no_google(still: World, nowhere: str, untouched: Run) -> None:
    """Status, review list and history work while Google is out of reach."""
    write_config(still, endpoint=nowhere)
    for words in (["status"], ["review", "list"], ["history"]):
        assert untouched(*words, "--json").code == 0


# ── the sheet's layout ────────────────────────────────────────────────────────────────────────


def assert_layout(world: World, run: Run, *told: str) -> None:
    """The next sync holds one table back with these words and touches none of its data."""
    before = Before(world)
    filled_cells = world.grid("Campaigns")
    for verb in ("sync", "status"):
        said = run(verb)
        assert said.code == HELD
        assert "Held back: influencers" in said.out
        assert all(text in said.out for text in told), said.out
        document = json.loads(run(verb, "--json").out)
        assert not document["ok"]
        assert document["tables"]["influencers"]["halted"]
        assert not document["tables"]["campaigns"]["halted"]
        assert all(text in document["halts"][0]["rail"] for text in told)
    assert world.grid("Campaigns") == filled_cells
    assert before.crm == before._records()


def test_a_missing_tab_is_said(filled: World, run: Run) -> None:
    """A deleted tab is named, and nothing is taken for removed."""
    filled.delete_tab("Influencers")
    assert_layout(filled, run, "Influencers")
    assert followers(filled, "Ada") == 100


def test_a_missing_required_column_is_said(filled: World, run: Run) -> None:
    """A deleted column that the schema requires is named with its tab."""
    column = filled.grid("Influencers")[0].index("Platform") + 1
    filled.delete_column("Influencers", column)
    assert_layout(filled, run, "Platform", "Influencers")


def test_a_doubled_column_is_told_from_ours(filled: World, run: Run) -> None:
    """A second column of a title is a person's own: it is left alone, and ours stays ours."""
    filled.insert_column("Influencers", 3, "Followers")
    filled.type("Influencers", "C2", 5)
    assert run("sync").code == 0
    assert followers(filled, "Ada") == 100
    assert filled.grid("Influencers")[1][2] == 5


def test_a_database_without_init_is_said(filled: World, place: Path, run: Run) -> None:
    """A workspace that was never set up says so, and how it is set up."""
    (place / "crm.db").unlink()
    assert_failed(run("sync"), HELD, "not set up", filled.spreadsheet, "syncd init")


# ── the schemas ───────────────────────────────────────────────────────────────────────────────

MODEL = """
from syncd.fields import Record, Reference, Text, column
class Brand(Record, table="brands", title="Brands", prefix="brn_", key=(("name",),), label="name"):
    name: Text = column("Brand", help="x", example="y", unique=True)
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("class Broken(:\n", ["line 1", "brand.py"]),
        ("x = 1\n", ["no table in this folder"]),
        ("import nothing_like_it\n", ["nothing_like_it", "brand.py"]),
        ("1 / 0\n", ["line 1", "ZeroDivisionError", "brand.py"]),
        (
            MODEL
            + '    owner: Reference = column("O", help="x", example="y", reference="nobody")\n',
            ["brands.owner", "nobody", "no table"],
        ),
        (MODEL.replace('key=(("name",),)', 'key=(("nam",),)'), ["nam", "brand.py"]),
    ],
)
def test_a_broken_schema_file_is_said(
    still: World, untouched: Run, text: str, told: list[str]
) -> None:
    """Syntax, imports, no model, a bad reference, a bad key: the file and the place are named."""
    (still.folder / "mine").mkdir(exist_ok=True)
    (still.folder / "mine" / "brand.py").write_text(text, encoding="utf-8")
    write_config(still, '[schemas]\nfolder = "mine"')
    failed = untouched("sync")
    assert failed.code == USAGE
    assert "Traceback" not in failed.err
    for word in told:
        assert word in failed.err


def test_a_missing_schema_folder_is_said(still: World, untouched: Run) -> None:
    """A folder that is not there is named."""
    write_config(still, '[schemas]\nfolder = "theirs"')
    assert_failed(untouched("sync"), USAGE, "theirs", "schema folder")


# ── the database ──────────────────────────────────────────────────────────────────────────────


def test_a_locked_database_is_temporary(filled: World, place: Path, run: Run) -> None:
    """While another program holds the file, a command waits some seconds, then exits with 4."""
    filled.type("Influencers", filled.at("Influencers", "Ada", "Followers"), 777)
    before = Before(filled)
    with closing(sqlite3.connect(place / "crm.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        start = time.monotonic()
        assert_failed(run("sync"), LATER, "another program holds", "crm.db", "try again")
        assert time.monotonic() - start < 20
        assert_failed_json(run("sync", "--json"), LATER)
        other.execute("ROLLBACK")
    assert before._records() == before.crm
    assert run("sync").code == 0
    assert followers(filled, "Ada") == 777


def test_a_file_that_is_no_database_is_said(filled: World, place: Path, run: Run) -> None:
    """Garbage in the place of the database is named and left as it is."""
    for leftover in place.glob("crm.db*"):
        leftover.unlink()
    (place / "crm.db").write_bytes(b"not a database at all " * 400)
    before = (place / "crm.db").read_bytes()
    assert_failed(run("sync"), FAILED, "not a SQLite database", "crm.db", "crm.path")
    assert_failed_json(run("status", "--json"), FAILED)
    assert (place / "crm.db").read_bytes() == before


def test_a_damaged_database_is_said(filled: World, place: Path, run: Run) -> None:
    """A database with a page of garbage is named as damaged; nothing in the sheet changes."""
    with closing(sqlite3.connect(place / "crm.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'influencers'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with (place / "crm.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\x99" * size)
    sheet = filled.book(cells="userEnteredValue,note")
    assert_failed(run("sync"), FAILED, "damaged", "crm.db", "backup")
    assert filled.book(cells="userEnteredValue,note") == sheet


def test_a_database_of_a_newer_syncd_is_refused(filled: World, place: Path, run: Run) -> None:
    """A migration that this syncd does not know stops it before it reads or writes anything."""
    with closing(sqlite3.connect(place / "crm.db")) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('syncd', 'of_tomorrow', '2030-01-01')"
        )
        connection.commit()
    before = Before(filled)
    for verb in ("sync", "status"):
        assert_failed(run(verb), FAILED, "newer syncd", "of_tomorrow", "crm.db", "Update syncd")
    before.assert_unchanged()


@pytest.mark.parametrize("verb", ["init", "run"])
def test_a_missing_database_folder_is_said(still: World, untouched: Run, verb: str) -> None:
    """The folder is named, and not made in silence: a wrong path would be a second, empty CRM."""
    write_config(still, '[crm]\npath = "away/crm.db"')
    assert_failed(untouched(verb), FAILED, "folder does not exist", "away")
    assert not (still.folder / "away").exists()


def obey_permissions() -> None:
    """Let a child of root's be refused what its files do not permit, as everybody else is."""
    if os.getuid() == 0:
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


@contextmanager
def read_only(folder: Path, what: str) -> Iterator[None]:
    """Take the write access away from the database, or from the whole folder, for a while."""
    paths = [folder / "crm.db"] if what == "file" else [*folder.iterdir(), folder]
    modes = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


@pytest.mark.parametrize("what", ["file", "folder"])
@pytest.mark.parametrize("verb", ["sync", "run"])
def test_a_read_only_place_is_said(
    filled: World, place: Path, run: Run, what: str, verb: str
) -> None:
    """A database or a folder without write access is named, with what to do about it."""
    filled.type("Influencers", filled.at("Influencers", "Ada", "Followers"), 777)
    before = Before(filled)
    for leftover in ("crm.db-wal", "crm.db-shm", "crm.db.lock", "crm.db.daemon.lock"):
        (place / leftover).unlink(missing_ok=True)
    with read_only(place, what):
        failed = run(verb, preexec_fn=obey_permissions)
        assert_failed(failed, FAILED, "crm.db", "write access")
    before.assert_unchanged()


def test_a_full_disk_is_said(filled: World, place: Path, run: Run) -> None:
    """When the file cannot grow, the cycle is undone as a whole, and the next one catches up."""
    rows = [[f"Name {i}", "blog", f"name{i}", "Tech", i, "", "", "x" * 400] for i in range(400)]
    filled.type("Influencers", "A5", rows)
    before = Before(filled)
    limit = (place / "crm.db").stat().st_size + 60_000

    def small_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    failed = run("sync", preexec_fn=small_disk)
    assert_failed(failed, FAILED, "disk", "crm.db", "try again")
    assert before._records()[:3] == before.crm[:3]
    done = run("sync", "--json")
    assert done.code == 0
    assert done.document["tables"]["influencers"]["rows"] == 403
    assert followers(filled, "Name 399") == 399
    assert {row["Sync"] for row in filled.rows("Influencers")} == {"In sync"}


def test_a_second_daemon_is_refused(place: Path, run: Run) -> None:
    """One database has one daemon: the second says so and ends, the first goes on."""
    with daemon(place) as (process, log):
        wait_for(lambda: "aligned" in log.read_text(), 20)
        assert_failed(run("run"), LATER, "daemon runs", "crm.db", "syncd sync")
        assert run("sync").code == 0
        assert run("status", "--json").document["daemon"] is True
        assert process.poll() is None


# ── verbs ─────────────────────────────────────────────────────────────────────────────────────


def test_unknown_words_are_usage_errors(untouched: Run) -> None:
    """An unknown verb, option, or a missing argument exits with 2 and points to the help."""
    for words in (["nonsense"], ["sync", "--nope"], ["approve"], ["review", "accept", "one"]):
        assert_failed(untouched(*words), USAGE, "--help")
    assert_failed_json(untouched("sync", "--nope", "--json"), USAGE)
    assert untouched().code == USAGE
    assert "Error" not in untouched().err


@pytest.mark.parametrize("verb", ["accept", "reject"])
def test_an_unknown_review_number_is_said(filled: World, run: Run, verb: str) -> None:
    """A number that no entry has answers nothing, also beside one that an entry has."""
    filled.ws = filled.open()
    filled.crm("UPDATE influencers SET notes = 'mine' WHERE name = 'Ada'")
    filled.settle()
    (entry,) = filled.reviews()
    before = Before(filled)
    assert_failed(run("review", verb, entry.id, 77), USAGE, "77", "syncd review list")
    assert_failed_json(run("review", verb, 77, "--json"), USAGE)
    before.assert_unchanged()


def test_an_unacceptable_entry_is_not_accepted(filled: World, run: Run) -> None:
    """What fails its schema cannot be accepted; the reason is said, and that it may be rejected."""
    assert run("connect", "--yes").code == 0
    filled.type("Influencers", filled.at("Influencers", "Ada", "Followers"), "many")
    assert run("sync").code == 0
    (entry,) = run("review", "list", "--json").document
    assert entry["sheet"] == "many"
    before = Before(filled)
    failed = run("review", "accept", entry["id"])
    assert_failed(failed, USAGE, str(entry["id"]), "is not a whole number", "reject")
    before.assert_unchanged()
    assert run("review", "reject", entry["id"]).code == 0
    failed = run("review", "accept", entry["id"])
    assert_failed(failed, USAGE, "not open any more", "rejected", "syncd review list")


def test_connecting_twice_is_said(filled: World, run: Run) -> None:
    """A second connect, and a disconnect of what is disconnected, change nothing and say so."""
    assert_failed(run("disconnect", "--yes"), USAGE, "disconnected already", "syncd status")
    assert run("connect", "--yes").code == 0
    before = Before(filled)
    assert_failed(run("connect", "--yes"), USAGE, "connected already", "syncd status")
    assert_failed_json(run("connect", "--yes", "--json"), USAGE)
    before.assert_unchanged()


def test_connect_asks_first(still: World, untouched: Run) -> None:
    """Without --yes and without a terminal nothing is switched, nor with --json."""
    assert_failed(untouched("connect"), USAGE, "confirmed", "--yes", "--dry-run")
    assert_failed_json(untouched("connect", "--json"), USAGE)
    assert untouched("status", "--json").document["authority"] == "sheet"


@pytest.mark.parametrize(
    ("policy", "told"),
    [("mine", "no policy"), ("nobody=merge", "nobody"), ("influencers=", "no policy")],
)
def test_a_wrong_policy_is_said(still: World, untouched: Run, policy: str, told: str) -> None:
    """A wrong word, and a table that is not there, switch nothing."""
    assert_failed(untouched("connect", "--policy", policy, "--dry-run"), USAGE, told)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("nobody.csv", ["no such file", "nobody.csv", "CSV"]),
        ("#Nobody", ["no tab", "Nobody", "Campaigns"]),
        ("#Influencers", ["workspace's own", "syncd import"]),
        ("table.xlsx", ["spreadsheet or an archive", "table.xlsx", "CSV"]),
        ("empty.csv", ["empty.csv"]),
        (".", ["no such file"]),
    ],
)
def test_a_wrong_source_is_said(still: World, untouched: Run, source: str, told: list[str]) -> None:
    """A source that is not there, no table, or our own tab is named, with what would do."""
    (still.folder / "table.xlsx").write_bytes(b"PK\x03\x04 and so on")
    (still.folder / "empty.csv").write_bytes(b"")
    assert_failed(untouched("import", source), USAGE, *told)


def test_a_source_without_access_is_said(still: World, untouched: Run) -> None:
    """A spreadsheet that is not there, to import from, is named."""
    assert_failed(untouched("import", "2" * 44), FAILED, "no spreadsheet", "2" * 44)


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        (None, ["map.toml"]),
        ("[influencers", ["map.toml", "not TOML"]),
        ('[nobody]\nname = "A"', ["nobody", "map.toml"]),
        ('[influencers]\nnam = "A"\nplatform = "B"', ["nam", "map.toml"]),
        ('[influencers]\nname = "Nope"\nplatform = "B"', ["Nope"]),
        ('[influencers]\nname = { colum = "A" }\nplatform = "B"', ["colum", "map.toml"]),
        ('[influencers]\nname = 5\nplatform = "B"', ["name", "map.toml"]),
    ],
)
def test_a_wrong_mapping_is_said(
    still: World, untouched: Run, mapping: str | None, told: list[str]
) -> None:
    """A mapping that is not there, broken, or names what is not there imports nothing."""
    (still.folder / "list.csv").write_text("A,B\nZoe,blog\n", encoding="utf-8")
    if mapping is not None:
        (still.folder / "map.toml").write_text(mapping, encoding="utf-8")
    assert_failed(untouched("import", "list.csv", "--map", "map.toml"), USAGE, *told)


def test_an_import_while_connected_is_said(filled: World, run: Run) -> None:
    """While the CRM rules, rows typed into the sheet are not pulled by an import."""
    assert run("connect", "--yes").code == 0
    before = Before(filled)
    assert_failed(run("import"), USAGE, "connected", "syncd review list", "syncd disconnect")
    before.assert_unchanged()
