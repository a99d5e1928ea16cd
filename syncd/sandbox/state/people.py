"""People: a person is an address, and all else about them follows from it."""

import base64
import hashlib

from syncd.sandbox.errors import Json

PHOTO = "https://lh3.googleusercontent.com/a/default-user=s64"


def _digest(address: str) -> bytes:
    return hashlib.sha256(address.casefold().encode("utf-8", "surrogatepass")).digest()


def permission_id(address: str) -> str:
    """Give the number by which Drive knows a person: twenty digits, always the same."""
    return f"{int.from_bytes(_digest(address)[:8], 'big'):020d}"


def domain_id(domain: str) -> str:
    """Give the id of a permission for a whole domain."""
    return permission_id("@" + domain) + "k"


def root_id(address: str) -> str:
    """Give the id of a person's My Drive."""
    return (
        "0A"
        + base64.urlsafe_b64encode(_digest("root " + address.casefold()))[:11].decode()
        + "Uk9PVA"
    )


def owner_permission(address: str) -> Json:
    """Give the permission of the person who owns a file."""
    return {
        "id": permission_id(address),
        "type": "user",
        "role": "owner",
        "emailAddress": address,
    }


def person(address: str) -> Json:
    """Give what sign-in tells about a person."""
    number = permission_id(address)
    told = {"id": number, "sub": number, "email": address}
    return told | {"verified_email": True, "email_verified": True, "picture": PHOTO}
