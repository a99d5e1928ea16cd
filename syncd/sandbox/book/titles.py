"""How columns and tabs are spelled inside ranges and formulas."""

import re

_PLAIN_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*\Z")
_LOOKS_LIKE_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+\Z|(?=[RrCc])(?:[Rr][0-9]*)?(?:[Cc][0-9]*)?\Z")


def column_letters(index: int) -> str:
    """Spell a column index as letters: 0 is A."""
    letters = ""
    index += 1
    while index > 0:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """Read column letters as an index: A is 0."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def quoted_title(title: str) -> str:
    """Spell a tab's title as it stands before the exclamation mark."""
    if _PLAIN_TITLE.match(title) and not _LOOKS_LIKE_CELL.match(title):
        return title
    return "'" + title.replace("'", "''") + "'"
