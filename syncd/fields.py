"""The words in which a schema file describes a table: one class a table, one line a column.

    class Influencer(Record, table="influencers", title="Influencers", prefix="inf_",
                     key=(("platform", "handle"), ("platform", "name")), label="name"):
        name: Text = column("Influencer", example="Ada Lovelace")
        handle: Handle | None = column("Handle", aliases=("username",))

`| None` makes a column optional; all others are required. A row is checked by Pydantic, so every
Pydantic type, validator and constraint can be used; plain `str`, `int`, `float`, `bool`, `date`,
`Literal[...]` and `StrEnum` are columns as well. `Wrong` tells which column a check is about.

Lives here: what a person needs to write a schema file. It must not know: cells, sheets, tables.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic import Field as PydanticField
from pydantic.config import JsonDict

FIRST_DAY = date(1910, 1, 1)  # a bare year that became a day lands before it: 2025 is 1905-07-17
LAST_DAY = date(2199, 12, 31)


class Kind(StrEnum):
    """What a column holds, as the sheet and the database tell it apart."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    PERCENT = "percent"
    MONEY = "money"
    DATE = "date"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    REFERENCE = "reference"


class Form(StrEnum):
    """What a text is for, where the many ways to write it mean one thing."""

    PLAIN = "plain"
    HANDLE = "handle"
    EMAIL = "email"
    LINK_PART = "link part"


class Wrong(ValueError):  # noqa: N818 - it reads as what it says: raise Wrong("ends_on", ...)
    """What a schema's own check raises: the column, why its value is wrong, and a right one."""

    def __init__(self, field: str, reason: str, *, example: str = "") -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason
        self.example = example


@dataclass(frozen=True, slots=True, kw_only=True)
class TableWords:
    """What a schema's class line says about its table."""

    table: str
    prefix: str
    singular: str
    key: tuple[tuple[str, ...], ...]
    label: tuple[str, ...]


class Record(BaseModel):
    """One row of a table; a subclass with `table=` describes the table and checks its rows."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    table_words: ClassVar[TableWords | None] = None

    def __init_subclass__(
        cls,
        *,
        table: str = "",
        prefix: str = "",
        singular: str = "",
        key: tuple[tuple[str, ...], ...] = (),
        label: str | tuple[str, ...] = (),
        **kwargs: Any,
    ) -> None:
        """Keep what the class line says; a class without `table=` is a base for others."""
        super().__init_subclass__(**kwargs)
        named = TableWords(
            table=table,
            prefix=prefix,
            singular=singular or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", cls.__name__).lower(),
            key=key,
            label=(label,) if isinstance(label, str) else label,
        )
        cls.table_words = named if table else None


def column(
    title: str,
    *,
    help: str = "",  # noqa: A002 - the word that a person looks for
    example: str = "",
    aliases: tuple[str, ...] = (),
    formerly: tuple[str, ...] = (),
    unique: bool = False,
    reference: str = "",
    unit: str = "",
    computed: bool = False,
    minimum: float | None = None,
    maximum: float | None = None,
) -> Any:
    """Describe one column: its title in the sheet and whatever a person should know of it.

    `aliases` are other titles that an import takes for this one. `formerly` are names (not titles)
    that the column had in earlier schemas: its values and its place in the sheet move along.
    `unique`: no two live records share a value, letter case aside. `reference` is the table that
    it points to. `unit` is the currency of money. `computed`: syncd writes it, people do not.
    """
    beyond_pydantic: JsonDict = {
        "aliases": list(aliases),
        "formerly": list(formerly),
        "unique": unique,
        "reference": reference,
        "unit": unit,
        "computed": computed,
    }
    return PydanticField(
        default=None,  # what a blank cell gives; where blank is not allowed, the type refuses it
        validate_default=True,
        title=title,
        description=help,
        examples=[example] if example else None,
        ge=minimum,
        le=maximum,
        json_schema_extra=beyond_pydantic,
    )


_SOCIAL = re.compile(
    r"(?:https?://)?(?:www\.|m\.|mobile\.|[a-z]{2}\.|[a-z]{2}-[a-z]{2}\.)?"
    r"(?:instagram\.com|tiktok\.com|youtube\.com|facebook\.com|fb\.com|x\.com|twitter\.com"
    r"|pinterest\.[a-z.]{2,6}|snapchat\.com|twitch\.tv|linkedin\.com|threads\.net|threads\.com)/",
    re.IGNORECASE,
)
_ANY_LINK = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)
_BEFORE_HANDLE = {"channel", "c", "user", "in", "company", "add", "people", "pub", "profile"}
_NO_PROFILE = {
    "p", "reel", "reels", "watch", "video", "shorts", "status", "stories", "explore", "hashtag",
    "playlist", "posts", "events", "groups", "live", "clip", "pin",
}  # fmt: skip


def handle_of(text: str) -> str:
    """`anna.k` for `@anna.k`, `instagram.com/anna.k/` and `https://tiktok.com/@anna.k?lang=de`."""
    before = None
    while text != before:
        before = text
        text = (_without_link(text) if "/" in text else text).lstrip("@").rstrip("/").strip()
    if not text:
        raise ValueError("has no handle in it")
    return text


def _without_link(text: str) -> str:
    if social := _SOCIAL.match(text):
        path, _, query = text[social.end() :].partition("?")
        parts = [part for part in path.partition("#")[0].split("/") if part]
        if parts[:1] == ["profile.php"]:
            number = re.search(r"(?:^|&)id=(\d+)", query)
            return number[1] if number else "profile.php"
        if len(parts) > 1 and parts[0].lower() in _BEFORE_HANDLE:
            parts = parts[1:]
        elif len(parts) > 1 and parts[0].lower() in _NO_PROFILE:
            raise ValueError("is a link to a post, not to a profile")
        return parts[0] if parts else social[0].strip("/").rpartition("/")[2]
    if link := _ANY_LINK.match(text):
        return re.split(r"[?#]", text[link.end() :], maxsplit=1)[0]
    return text


_EMAIL = re.compile(r"[^@\s,;<>()\"]+@(?:[^@\s,;<>()\".]+\.)+[^@\s,;<>()\".]{2,}")


def email_of(text: str) -> str:
    """Return the address, without a leading `mailto:`."""
    while text[:7].lower() == "mailto:":
        text = text[7:].strip()
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise ValueError("is not an e-mail address")
    return text


def link_part_of(text: str) -> str:
    """Return the text if it can stand in a link as it is."""
    wrong = next((letter for letter in text if letter.isspace() or letter in "#&?="), "")
    if wrong:
        named = "a blank" if wrong.isspace() else f"“{wrong}”"
        raise ValueError(f"has {named} in it, which breaks the link that it becomes part of")
    return text


def plain_of(text: str) -> str:
    """Return the text as it is."""
    return text


FORMS: Mapping[Form, Callable[[str], str]] = {
    Form.PLAIN: plain_of,
    Form.HANDLE: handle_of,
    Form.EMAIL: email_of,
    Form.LINK_PART: link_part_of,
}


def _iso_day(value: object) -> object:
    """Let only a day or its ISO text through: Pydantic alone takes numbers for seconds."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("is not a date")
    if value is not None and not isinstance(value, str | date):
        raise ValueError("is not a date")
    return value


def likely_day(day: date) -> date:
    """Return the day if somebody can have meant it."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"is not between the years {FIRST_DAY.year} and {LAST_DAY.year}")
    return day


Text = Annotated[str, Kind.TEXT]
Handle = Annotated[str, AfterValidator(handle_of), Form.HANDLE]
Email = Annotated[str, AfterValidator(email_of), Form.EMAIL]
LinkPart = Annotated[str, AfterValidator(link_part_of), Form.LINK_PART]
Whole = Annotated[int, Kind.INTEGER]
Count = Annotated[int, PydanticField(ge=0), Kind.INTEGER]
Number = Annotated[float, Kind.NUMBER]
Percent = Annotated[float, Kind.PERCENT]
Money = Annotated[float, Kind.MONEY]
Day = Annotated[date, BeforeValidator(_iso_day), AfterValidator(likely_day), Kind.DATE]
YesNo = Annotated[bool, Kind.BOOLEAN]
Reference = Annotated[str, Kind.REFERENCE]
