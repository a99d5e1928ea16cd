"""What Google's front end answers by itself, before any API sees the request: plain HTML pages."""

from html import escape

_TITLES = {
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    411: "Length Required",
    413: "Request Entity Too Large",
    414: "Request-URI Too Large",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Server Error",
    501: "Not Implemented",
    502: "Server Error",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
_BUSY = (
    "The server encountered a temporary error and could not complete your request."
    "<p>Please try again in 30 seconds."
)
_TEXTS = {
    400: "Your client has issued a malformed or illegal request.",
    408: "Your client has taken too long to issue its request.",
    413: "Your client issued a request that was too large.",
    431: "Your client issued a request that was too large.",
    500: "The server encountered an error and could not complete your request.<p>"
    "If the problem persists, please report your problem and mention this error message and the "
    "query that caused it.",
    502: _BUSY,
    503: "The service you requested is not available at this time.<p>Service error -27.",
    504: _BUSY,
}


def error_page(status: int, *, verb: str = "", path: str = "") -> bytes:
    """Give the page for a refusal or a failure of the front end."""
    path, title = escape(path[:2000]), _TITLES.get(status, "Error")
    text = _TEXTS.get(status, "")
    if status == 404:
        text = f"The requested URL <code>{path}</code> was not found on this server."
    elif status == 405:
        text = f"The request method <code>{escape(verb)}</code> is inappropriate for the URL "
        text += f"<code>{path}</code>."
    elif status == 411:
        text = f"{escape(verb)} requests require a <code>Content-length</code> header."
    elif status == 414:
        text = f"The requested URL <code>{path[:60]}</code>... is too large to process."
    page = f"""<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <meta name=viewport content="initial-scale=1, minimum-scale=1, width=device-width">
  <title>Error {status} ({title})!!1</title>
  <a href=//www.google.com/><span id=logo aria-label=Google></span></a>
  <p><b>{status}.</b> <ins>That’s an error.</ins>
  <p>{text}  <ins>That’s all we know.</ins>
"""
    return page.encode()
