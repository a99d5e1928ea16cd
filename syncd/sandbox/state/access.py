"""Who may do what with a file: by its own permissions, and those of the folders above it."""

from collections.abc import Callable, Iterable

from syncd.sandbox.book.card import Card
from syncd.sandbox.errors import Json
from syncd.sandbox.state.people import permission_id

ROLES = ("none", "reader", "commenter", "writer", "fileOrganizer", "organizer", "owner")
NOBODY = ""  # the caller who gives an API key and no token
_DEPTH_MAX = 100


def rank(role: str) -> int:
    """Give the place of a role in the order of what it allows."""
    return ROLES.index(role)


def ancestors(card: Card, card_of: Callable[[str], Card | None]) -> list[Card]:
    """Give the cards of the folders that a file lies in, the nearest first."""
    found: list[Card] = []
    seen: set[str] = set()
    while card.parents and card.parents[0] not in seen and len(found) < _DEPTH_MAX:
        seen.add(card.parents[0])
        above = card_of(card.parents[0])
        if above is None:
            break
        found.append(above)
        card = above
    return found


def effective(card: Card, above: Iterable[Card]) -> list[Json]:
    """Give a file's permissions: its own, then what folders above grant beyond them."""
    found = {p["id"]: p for p in card.permissions}
    for folder in above:
        for given in folder.permissions:
            given = given | {"role": "writer"} if given["role"] == "owner" else given  # noqa: PLW2901
            known = found.get(given["id"])
            if known is None or rank(known["role"]) < rank(given["role"]):
                found[given["id"]] = given
    return list(found.values())


def granted(permissions: Iterable[Json], actor: str, *, openly: bool) -> str | None:
    """Give the role that permissions name for a person; `openly` counts domains and links too."""
    number = permission_id(actor)
    domain = actor.rpartition("@")[2].casefold() if "@" in actor else ""
    roles = []
    for given in permissions:
        named = given["id"] == number
        wide = given["type"] == "anyone" or (
            given["type"] == "domain" and domain == given["domain"].casefold()
        )
        if named or (openly and wide):
            roles.append(given["role"])
    return max(roles, key=rank, default=None)
