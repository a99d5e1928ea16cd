"""The config: one TOML file, every key also by environment, checked once."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from rapidfuzz import process

from syncd.core.policy import Handling, Policy
from syncd.core.rails import Rails
from syncd.core.snapshot import FieldName, Side
from syncd.errors import UsageError
from syncd.schema import Schema

DEFAULT_PATH = Path("config.toml")
_ADDRESS = re.compile(r"/spreadsheets/d/([A-Za-z0-9_-]+)")
POLLS_MAX = 45  # reads a minute of one account that find nothing new
Share = Annotated[float, Field(ge=0, le=1)]
Word = Literal["review", "merge", "reject"]
WORDS = ("review", "merge", "reject")
ACTS = ("edits", "new_rows", "removals")
ALL = "all"  # under which a policy for everything is remembered


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def spreadsheet_id(text: str) -> str:
    """Return a spreadsheet's id, also where its address was given."""
    found = _ADDRESS.search(text)
    return found[1] if found else text.strip()


class SheetConfig(_Part):
    """Where the spreadsheet is and how often it is read."""

    spreadsheet: str = ""
    credentials: Path = Path("credentials.json")
    endpoint: str = ""
    poll_s: Annotated[float, Field(ge=0.2, le=3600)] = 5.0
    workspaces: Annotated[int, Field(ge=1, le=1000)] = 1
    memory_mb: Annotated[int, Field(ge=0, le=10_000_000)] = 0

    @property
    def interval_s(self) -> float:
        """How long lies between two reads, so that all workspaces of one account have their turn.

        Polling takes up to 45 of the 60 reads a minute that Google allows an account.
        """
        return max(self.poll_s, 60.0 * self.workspaces / POLLS_MAX)


class CrmConfig(_Part):
    """Where the database is."""

    path: Path = Path("crm.db")


class SchemasConfig(_Part):
    """Whose schemas describe the tables."""

    folder: str = ""


class TablePolicy(_Part):
    """What is set otherwise for one table."""

    edits: Word | None = None
    new_rows: Word | None = None
    removals: Word | None = None
    fields: dict[str, Word] = {}


class PolicyConfig(_Part):
    """How the acts of the side without authority are taken."""

    edits: Word = "review"
    new_rows: Word = "review"
    removals: Word = "review"
    on_archive: Literal["mark", "remove"] = "mark"
    tables: dict[str, TablePolicy] = {}


class RailsConfig(_Part):
    """How much may be removed or changed at once."""

    removed_share_max: Share = 0.10
    removed_rows_max: Annotated[int, Field(ge=0)] = 10
    changed_share_max: Share = 0.50
    changed_rows_max: Annotated[int, Field(ge=0)] = 10


class Config(BaseSettings):
    """All settings of one workspace; `folder` is what paths are relative to."""

    model_config = SettingsConfigDict(
        env_prefix="SYNCD_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    sheet: SheetConfig = SheetConfig()
    crm: CrmConfig = CrmConfig()
    schemas: SchemasConfig = SchemasConfig()
    policy: PolicyConfig = PolicyConfig()
    rails: RailsConfig = RailsConfig()
    folder: Path = Path()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file."""
        del settings_cls, dotenv_settings, file_secret_settings
        return (env_settings, init_settings)

    @property
    def spreadsheet(self) -> str:
        """The spreadsheet's id, also where its address was given."""
        return spreadsheet_id(self.sheet.spreadsheet)

    @property
    def crm_path(self) -> Path:
        """The database's path."""
        return self.folder / self.crm.path

    @property
    def credentials_path(self) -> Path:
        """The key's path."""
        return self.folder / self.sheet.credentials

    @property
    def schemas_folder(self) -> Path | None:
        """The folder of the user's own schemas, if there is one."""
        return self.folder / self.schemas.folder if self.schemas.folder else None

    @property
    def limits(self) -> Rails:
        """The rails that a plan is checked against."""
        return Rails(**self.rails.model_dump())

    def check_names(self, schema: Schema) -> None:
        """Refuse a policy for a table or a field that the schemas do not have."""
        for name, table in self.policy.tables.items():
            try:
                found = schema.table(name)
                for field in table.fields:
                    found.field(field)
            except UsageError as error:
                raise UsageError(
                    f"policy.tables.{name}: {error.what}", on="config", hint=error.hint
                ) from error

    def policy_of(self, table: str, authority: Side, chosen: Mapping[str, str]) -> Policy:
        """Return a table's policy; `chosen` is what an admin said at the last switch.

        What is said of less stands before what is said of more, and the admin before the config.
        """
        own, general = self.policy.tables.get(table, TablePolicy()), self.policy

        def of(act: str) -> Handling:
            said = (chosen.get(f"{table}.{act}"), chosen.get(table), getattr(own, act))
            for_all = (chosen.get(act), chosen.get(ALL), getattr(general, act))
            return Handling(next(word for word in (*said, *for_all) if word))

        fields = {**own.fields, **_chosen_fields(table, chosen)}
        return Policy(
            authority=authority,
            edits=of("edits"),
            new_rows=of("new_rows"),
            removals=of("removals"),
            fields={FieldName(name): Handling(word) for name, word in fields.items()},
            remove_archived=general.on_archive == "remove",
        )


def _chosen_fields(table: str, chosen: Mapping[str, str]) -> dict[str, str]:
    """Return what an admin said of single fields of a table."""
    found = {}
    for key, word in chosen.items():
        of, _, name = key.partition(".")
        if of == table and name and name not in ACTS:
            found[name] = word
    return found


def parse_policy(schema: Schema, text: str) -> dict[str, str]:
    """Read a policy in words, as in `review,removals=reject,influencers.notes=merge`.

    What stands before the sign is an act, a table, or an act or a field of a table.
    """
    chosen: dict[str, str] = {}
    for part in (piece.strip() for piece in text.split(",") if piece.strip()):
        name, found, word = (piece.strip() for piece in part.rpartition("="))
        if word not in WORDS:
            near = process.extractOne(word, WORDS, score_cutoff=60)
            hint = f"did you mean “{near[0]}”?" if near else f"It is one of {', '.join(WORDS)}."
            raise UsageError(f"“{word}” is no policy", hint=hint)
        key = _policy_key(schema, name) if found else ALL
        if chosen.setdefault(key, word) != word:
            raise UsageError(
                f"the policy says two things of {name or 'all'}", hint="Say each thing once."
            )
    return chosen


def _policy_key(schema: Schema, name: str) -> str:
    """Return what a policy is said of, checked against the schemas."""
    if name in ACTS:
        return name
    of, dotted, inner = name.partition(".")
    if not dotted and of not in schema.by_name:
        near = process.extractOne(of, (*ACTS, *schema.by_name), score_cutoff=60)
        known = f"there is: {', '.join((*ACTS, *schema.by_name))}"
        raise UsageError(
            f"a policy is of an act or of a table, not of “{of}”",
            hint=f"did you mean “{near[0]}”?" if near else known,
        )
    table = schema.table(of)
    if dotted and inner not in ACTS and inner not in table.by_name:
        near = process.extractOne(inner, (*ACTS, *table.names), score_cutoff=60)
        known = f"there is: {', '.join((*ACTS, *table.names))}"
        raise UsageError(
            f"{table.title} has neither an act nor a field “{inner}”",
            hint=f"did you mean “{near[0]}”?" if near else known,
        )
    return name


def load_config(path: Path | None = None) -> Config:
    """Load the config from `path`, SYNCD_CONFIG or ./config.toml, and from the environment."""
    named = path or (Path(found) if (found := os.environ.get("SYNCD_CONFIG")) else None)
    chosen = named or DEFAULT_PATH
    if not chosen.exists() and (named or not os.environ.get("SYNCD_SHEET__SPREADSHEET")):
        raise UsageError(
            "there is no config",
            on=str(chosen),
            hint="`syncd init` writes one to fill in; `syncd demo` needs none.",
        )
    given: dict[str, Any] = {}
    if chosen.exists():
        try:
            given = tomllib.loads(chosen.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(
                f"the config cannot be read: {error}",
                on=str(chosen),
                hint="Compare it with config.example.toml.",
            ) from error
    try:
        return Config(**{**given, "folder": chosen.parent})
    except ValidationError as error:
        raise _invalid(error, chosen) from error


def _invalid(error: ValidationError, path: Path) -> UsageError:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    what = "there is no such key" if first["type"] == "extra_forbidden" else first["msg"].lower()
    return UsageError(
        f"{key}: {what}", on=str(path), hint="config.example.toml explains every key."
    )
