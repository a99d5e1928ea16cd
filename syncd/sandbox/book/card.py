"""What Drive keeps about a file beside its content. A card never changes: a change replaces it."""

from dataclasses import asdict, dataclass, field

from syncd.sandbox.errors import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Place, sharing and marks of a file; times are seconds since 1970, people are addresses."""

    parents: tuple[str, ...] = ()
    permissions: tuple[Json, ...] = ()
    trashed: bool = False
    description: str = ""
    properties: Json = field(default_factory=dict)
    app_properties: Json = field(default_factory=dict)
    starred: tuple[str, ...] = ()
    viewed: dict[str, float] = field(default_factory=dict)
    modified_by: dict[str, float] = field(default_factory=dict)
    modifier: str = ""
    shared: dict[str, float] = field(default_factory=dict)
    shared_by: dict[str, str] = field(default_factory=dict)
    writers_can_share: bool = True
    copy_requires_writer: bool = False
    colour: str = ""
    comments: tuple[Json, ...] = ()
    filled: bool = False  # something was written since the file was made

    @property
    def owner(self) -> str:
        """The address of the person who owns the file."""
        owners = (p["emailAddress"] for p in self.permissions if p["role"] == "owner")
        return str(next(owners, ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """One folder at one revision."""

    folder_id: str
    name: str
    created: float
    modified: float
    card: Card
    revision: int = 1


def dump_card(card: Card) -> Json:
    """Give a card as JSON."""
    return asdict(card)


def load_card(stored: Json) -> Card:
    """Read a card that was given as JSON."""
    lists = {name: tuple(value) for name, value in stored.items() if isinstance(value, list)}
    return Card(**(stored | lists))
