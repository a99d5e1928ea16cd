"""What several requests check alike: their masks, and the fields that nobody implements here."""

from syncd.sandbox.errors import ApiError, Json, invalid
from syncd.sandbox.protocol.masks import Tree, is_whole, parse_mask

NO_FIELDS = "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)"


def required_mask(request: Json, message: str) -> Tree:
    """Give the mask of an update, which must name something."""
    mask = parse_mask(request.get("fields", ""), message)
    if not mask:
        raise invalid(NO_FIELDS)
    return mask


def unimplemented(name: str) -> ApiError:
    """Refuse what Google does and the sandbox does not, by its name."""
    return ApiError(501, f"The sandbox does not implement {name}.")


CELLS_AT_ONCE_MAX = 2_000_000


def refuse_huge(count: int) -> None:
    """Refuse to make so many different cells at once: all callers would wait for them."""
    if count > CELLS_AT_ONCE_MAX:
        raise unimplemented(f"writing more than {CELLS_AT_ONCE_MAX} cells in one request")


def refuse_fields(given: Json, names: tuple[str, ...], path: str) -> None:
    """Refuse a request that uses a field which the sandbox does not honour."""
    for name in names:
        if given.get(name):
            raise unimplemented(f"{path}.{name}")


def refuse_masked(mask: Tree, names: tuple[str, ...], path: str) -> None:
    """Refuse an update of a field which the sandbox does not honour."""
    if not is_whole(mask):
        for name in names:
            if name in mask:
                raise unimplemented(f"{path}.{name}")
