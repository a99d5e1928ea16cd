"""CSV files of every make become the same grid, and what is no table is said to be none."""

from pathlib import Path

import pytest

from syncd.errors import UsageError
from syncd.importer import read_file

TEXT = "Name,Handle\nZoë,zoe\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_read_file_knows_all_makes(tmp_path: Path, encoding: str, delimiter: str, end: str) -> None:
    """Encoding, delimiter and line ends make no difference to the cells."""
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.replace(",", delimiter).replace("\n", end).encode(encoding))
    grid = read_file(path)
    assert grid.cells == (("Name", "Handle"), ("Zoë", "zoe"))
    assert grid.delimiter == delimiter
    assert bool(grid.notes) is (encoding == "cp1252")


def test_read_file_reads_utf_16_big_endian(tmp_path: Path) -> None:
    """The other byte order is known by its mark."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xfe\xff" + TEXT.encode("utf-16-be"))
    assert read_file(path).cells[1] == ("Zoë", "zoe")


def test_read_file_keeps_ragged_and_blank_lines(tmp_path: Path) -> None:
    """Rows keep their number and their length; quotes are taken as they come."""
    path = tmp_path / "a.csv"
    path.write_text('a,b\n\n1\n1,2,3\n"x ""y"" , z",q"r"\n"two\nlines",5\n', encoding="utf-8")
    assert read_file(path).cells == (
        ("a", "b"),
        (),
        ("1",),
        ("1", "2", "3"),
        ('x "y" , z', 'q"r"'),
        ("two\nlines", "5"),
    )


def test_read_file_is_not_fooled_by_decimal_commas(tmp_path: Path) -> None:
    """A semicolon file whose numbers have commas is a semicolon file."""
    path = tmp_path / "a.csv"
    path.write_text("Name;Rate;Cost\nAda;1,5;2,5\nBob;1,5;2,5\nEve;1,7;3,5\n", encoding="utf-8")
    assert read_file(path).delimiter == ";"


def test_read_file_knows_the_line_that_excel_adds(tmp_path: Path) -> None:
    """A first line `sep=;` names the delimiter and is a blank row."""
    path = tmp_path / "a.csv"
    path.write_text("sep=;\r\nName;Notes\r\nAda;a,b,c\r\n", encoding="utf-8")
    assert read_file(path).cells == ((), ("Name", "Notes"), ("Ada", "a,b,c"))


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_read_file_takes_an_empty_file(tmp_path: Path, content: bytes) -> None:
    """A file without cells is a grid without cells; that it has no titles is said later."""
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert not any(read_file(path).cells)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b\n1,\x002\n", "bytes that no text has"),
        (b"\xff\xfea", "is not the utf-16"),
        (b"\xef\xbb\xbf\xff\xff", "is not the utf-8"),
        (b"PK\x03\x04rest", "is a spreadsheet"),
        (b"%PDF-1.4", "is a PDF"),
        (b"a,b\n" + b"x" * 1_000_000, "is not a table"),
        (b'a,b\n"never closed' + b"\nx,y" * 100_000, "is not a table"),
    ],
)
def test_read_file_refuses_what_is_no_table(tmp_path: Path, content: bytes, words: str) -> None:
    """Hostile and foreign files are answered, each with a hint."""
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=words) as caught:
        read_file(path)
    assert caught.value.on == str(path)
    assert caught.value.hint


def test_read_file_refuses_what_is_too_large_or_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file beyond the limit is not even read; a missing one is named."""
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.truncate(300_000_000)
    with pytest.raises(UsageError, match="is larger than"):
        read_file(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_file(tmp_path / "none.csv")
    with pytest.raises(UsageError, match="cannot be read"):
        read_file(tmp_path)
