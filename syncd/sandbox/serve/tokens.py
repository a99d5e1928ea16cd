"""The real sign-in: a generated service-account key, and access tokens for its signed requests."""

import base64
import json
import secrets
from collections.abc import Callable
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from syncd.sandbox.errors import ApiError, Json, unauthenticated, unregistered

ACCOUNT = "syncd@sandbox.iam.gserviceaccount.com"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFETIME_S = 3600
_TOKENS_MAX = 10_000


class Tokens:
    """Issues and checks access tokens."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.issued: dict[str, float] = {}
        self.revoked: set[str] = set()
        self._key: rsa.RSAPrivateKey | None = None

    @property
    def key(self) -> rsa.RSAPrivateKey:
        """Give the account's key, made when it is first needed."""
        if self._key is None:
            self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return self._key

    def credentials(self, url: str) -> Json:
        """Give the key file of the service account."""
        pem = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return {
            "type": "service_account",
            "project_id": "sandbox",
            "private_key_id": secrets.token_hex(20),
            "private_key": pem.decode("ascii"),
            "client_email": ACCOUNT,
            "client_id": "100000000000000000000",
            "auth_uri": f"{url}/auth",
            "token_uri": f"{url}/token",
            "universe_domain": "googleapis.com",
        }

    def adopt(self, credentials: Json) -> None:
        """Use the key of a key file that was written earlier."""
        pem = credentials["private_key"].encode("ascii")
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError("the key file does not hold an RSA key")
        self._key = key

    def grant(self, body: bytes, *, strict: bool) -> Json:
        """Answer a token request; its signature is checked in strict mode."""
        form = parse_qs(body.decode("utf-8", "replace"))
        if form.get("grant_type") != [_GRANT] or "assertion" not in form:
            raise ApiError(400, "unsupported_grant_type")
        if strict:
            self._check(form["assertion"][0])
        token = "ya29." + secrets.token_urlsafe(40)
        if len(self.issued) >= _TOKENS_MAX:
            del self.issued[next(iter(self.issued))]
        self.issued[token] = self.clock() + _LIFETIME_S
        return {"access_token": token, "expires_in": _LIFETIME_S - 1, "token_type": "Bearer"}

    def _check(self, assertion: str) -> None:
        try:
            signed, _, signature = assertion.rpartition(".")
            claims = json.loads(_decoded(signed.split(".")[1]))
            self.key.public_key().verify(
                _decoded(signature), signed.encode("ascii"), padding.PKCS1v15(), hashes.SHA256()
            )
        except (InvalidSignature, ValueError, IndexError) as error:
            raise ApiError(400, "invalid_grant: Invalid JWT Signature.") from error
        if claims.get("iss") != ACCOUNT or claims.get("exp", 0) < self.clock() - 60:
            raise ApiError(400, "invalid_grant: Invalid JWT.")

    def revoke(self, header: str) -> None:
        """Let a bearer token be expired from now on."""
        token = header.partition(" ")[2]
        self.issued.pop(token, None)
        if len(self.revoked) < _TOKENS_MAX:
            self.revoked.add(token)

    def check(self, header: str, *, strict: bool) -> None:
        """Refuse a call whose bearer token is missing or, in strict mode, not ours or too old."""
        scheme, _, token = header.partition(" ")
        if strict and not header:
            raise unregistered()
        if scheme.lower() != "bearer" or not token:
            if strict:
                raise unauthenticated()
            return
        if token in self.revoked or (strict and self.issued.get(token, 0) < self.clock()):
            raise unauthenticated()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
