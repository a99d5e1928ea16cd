"""Drive's refusals, in its words and with the place that they blame."""

from syncd.sandbox.errors import ApiError


def file_not_found(file_id: str) -> ApiError:
    """Refuse because there is no such file, or none that the caller may know of."""
    text = f"File not found: {file_id}."
    return ApiError(404, text, reason="notFound", location="parameter fileId")


def missing(kind: str, key: str) -> ApiError:
    """Refuse because a part of a file is not there: a permission, a comment, a revision."""
    text = f"{kind} not found: {key}."
    return ApiError(404, text, reason="notFound", location=f"parameter {kind.lower()}Id")


def bad_parameter(name: str, message: str = "Invalid Value") -> ApiError:
    """Refuse the value of a query parameter."""
    return ApiError(400, message, reason="invalid", location=f"parameter {name}")


def out_of_range(name: str, value: int, low: int, high: int) -> ApiError:
    """Refuse a number that a query parameter cannot have, with Google's own line breaks."""
    span = f"[value: {low}\n, value: {high}\n]"
    text = f"Invalid value '{value}'. Values must be within the range: {span}"
    return ApiError(400, text, reason="invalidParameter", location=f"parameter {name}")


def bad_selection(name: str) -> ApiError:
    """Refuse a field mask."""
    text = f"Invalid field selection {name}"
    return ApiError(400, text, reason="invalidParameter", location="parameter fields")


def required(name: str) -> ApiError:
    """Refuse because a parameter is missing."""
    text = f"Required parameter: {name}"
    return ApiError(400, text, reason="required", location=f"parameter {name}")


def insufficient(file_id: str) -> ApiError:
    """Refuse because the caller may read the file, but not do this with it."""
    text = f"The user does not have sufficient permissions for file {file_id}."
    return ApiError(403, text, reason="insufficientFilePermissions")


def not_writable(message: str = "") -> ApiError:
    """Refuse a body that sets what only Drive itself sets."""
    text = message or "The resource body includes fields which are not directly writable."
    return ApiError(403, text, reason="fieldNotWritable")


def bad_request(message: str, *, location: str = "") -> ApiError:
    """Refuse what makes no sense."""
    return ApiError(400, message, reason="badRequest", location=location)


def bad_sharing(message: str) -> ApiError:
    """Refuse a permission that cannot be."""
    text = f'Bad Request. User message: "{message}"'
    return ApiError(400, text, reason="invalidSharingRequest")


def unsupported(what: str) -> ApiError:
    """Refuse what Google has and the sandbox has not, by its name."""
    return ApiError(501, f"The sandbox does not have {what}.", reason="notImplemented")
