"""Google's error answers as exceptions."""

from typing import Any

Json = dict[str, Any]

_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class ApiError(Exception):
    """A refusal that the caller is told about, with the HTTP code and Google's words."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        details: list[Json] | None = None,
        reason: str = "",
        location: str = "",
        status: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.reason = reason
        self.location = location  # "parameter fileId": the kind of place, and its name
        self.status = status or _STATUS.get(code, "UNKNOWN")
        self.is_typed = bool(details) and not reason  # refused by what reads types, for every API
        self.tells_status = bool(status) or self.is_typed or code == 401

    def sheets_body(self) -> Json:
        """Give the error as the Sheets API writes it."""
        error: Json = {
            "code": self.code,
            "message": self.message,
            "status": self.status,
        }
        if self.details:
            error["details"] = self.details
        return {"error": error}

    def drive_body(self) -> Json:
        """Give the error as the Drive API writes it."""
        entry = {"message": self.message, "domain": "global", "reason": self.reason or "invalid"}
        if self.location:
            kind, _, name = self.location.partition(" ")
            entry |= {"location": name, "locationType": kind}
        if self.is_typed:
            del entry["domain"]
        error: Json = {"code": self.code, "message": self.message, "errors": [entry]}
        if self.code == 401:
            entry |= {
                "message": "Invalid Credentials",
                "reason": "authError",
                "location": "Authorization",
                "locationType": "header",
            }
        if self.tells_status:
            error["status"] = self.status
        if self.is_typed:
            error["details"] = self.details
        return {"error": error}


def invalid(message: str) -> ApiError:
    """Refuse a request that is wrong in itself."""
    return ApiError(400, message)


def violation(field: str, description: str, message: str | None = None) -> ApiError:
    """Refuse a request and name the offending field as Google's BadRequest detail does."""
    return violations([(field, description)], message)


def violations(found: list[tuple[str, str]], message: str | None = None) -> ApiError:
    """Refuse a request for several reasons at once: a line for each, and the field of each."""
    detail: Json = {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [
            {"field": field, "description": text} if field else {"description": text}
            for field, text in found
        ],
    }
    lines = "\n".join(text for _, text in found)
    return ApiError(400, lines if message is None else message, details=[detail])


def not_found() -> ApiError:
    """Refuse because there is no such spreadsheet, sheet or object."""
    return ApiError(404, "Requested entity was not found.")


def forbidden() -> ApiError:
    """Refuse because the caller may not do this."""
    return ApiError(403, "The caller does not have permission", reason="forbidden")


def unauthenticated() -> ApiError:
    """Refuse a missing, unknown or expired access token."""
    return ApiError(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login "
        "cookie or other valid authentication credential. See "
        "https://developers.google.com/identity/sign-in/web/devconsole-project.",
    )


def unregistered() -> ApiError:
    """Refuse a caller who sends neither a token nor an API key."""
    return ApiError(
        403,
        "Method doesn't allow unregistered callers (callers without established identity). Please "
        "use API Key or other form of API consumer identity to call this API.",
        reason="forbidden",
    )


def key_refused(name: str) -> ApiError:
    """Refuse a change by a caller who is known by an API key only."""
    family, _, action = name.rpartition(".")
    noun = "Values" if family.endswith("values") else "Spreadsheet"
    method = f"google.apps.sheets.v4.SpreadsheetsService.{action[:1].upper()}{action[1:]}{noun}"
    return ApiError(
        401,
        "API keys are not supported by this API. Expected OAuth2 access token or other "
        "authentication credentials that assert a principal. See "
        "https://cloud.google.com/docs/authentication",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "CREDENTIALS_MISSING",
                "domain": "googleapis.com",
                "metadata": {"method": method, "service": "sheets.googleapis.com"},
            }
        ],
    )


def quota_exceeded(kind: str, limit: int, *, per_user: bool) -> ApiError:
    """Refuse because too many reads or writes fell into one minute."""
    scope = "per minute per user" if per_user else "per minute"
    consumer = "project_number:123456789012"
    metric = f"sheets.googleapis.com/{kind.lower()}_requests"
    limit_name = f"{kind}RequestsPerMinutePer{'User' if per_user else 'Project'}"
    return ApiError(
        429,
        f"Quota exceeded for quota metric '{kind} requests' and limit '{kind} requests {scope}' "
        f"of service 'sheets.googleapis.com' for consumer '{consumer}'.",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "RATE_LIMIT_EXCEEDED",
                "domain": "googleapis.com",
                "metadata": {
                    "service": "sheets.googleapis.com",
                    "consumer": consumer.replace("_number:", "s/"),
                    "quota_location": "global",
                    "quota_metric": metric,
                    "quota_limit": limit_name,
                    "quota_limit_value": str(limit),
                },
            },
            {
                "@type": "type.googleapis.com/google.rpc.Help",
                "links": [
                    {
                        "description": "Request a higher quota limit.",
                        "url": "https://cloud.google.com/docs/quota#requesting_higher_quota",
                    }
                ],
            },
        ],
    )
