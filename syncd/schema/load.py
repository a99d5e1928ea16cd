"""Reading a folder of schema files: each is run by itself; what is wrong is said plainly."""

import ast
import hashlib
import sys
import types
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from rapidfuzz import process

from syncd import fields
from syncd.errors import SchemaError
from syncd.fields import Record, TableWords
from syncd.schema.describe import describe
from syncd.schema.table import Schema, Table

_PACKAGE = Path(__file__).parent.parent
_DEFAULTS = (_PACKAGE / "default_schemas", _PACKAGE.parent / "schemas")
_loads = count(1)


def load_schema(folder: Path | None = None) -> Schema:
    """Return the schema that a folder of Python files describes, or the one that comes along."""
    if folder is None:
        folder = next((each for each in _DEFAULTS if each.is_dir()), _DEFAULTS[0])
    try:
        files = sorted(
            path for path in folder.iterdir() if path.suffix == ".py" and path.name[0] not in "._"
        )
    except OSError as error:
        raise SchemaError(
            f"the schema folder cannot be read: {error.strerror}",
            on=str(folder),
            hint="name a folder that has one Python file for each table",
        ) from error
    tables = [table for path in files for table in _tables_in(path)]
    if not tables:
        raise SchemaError(
            "there is no table in this folder",
            on=str(folder),
            hint='a table is a class, as in: class Campaign(Record, table="campaigns", …)',
        )
    _check_apart(tables)
    return Schema(tables=tuple(_in_reference_order(tables)))


def _tables_in(path: Path) -> Iterator[Table]:
    name = f"_syncd_schema_{next(_loads)}_{path.stem}"
    module = types.ModuleType(name)
    module.__file__ = str(path)
    with _findable(module), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", message=".*shadows an attribute.*")
        try:
            code = path.read_bytes()
            exec(compile(code, str(path), "exec"), module.__dict__)  # noqa: S102
            models = [
                each
                for each in vars(module).values()
                if isinstance(each, type) and issubclass(each, Record) and each.__module__ == name
            ]
            for model in models:
                model.model_rebuild(raise_errors=True)
        except SyntaxError as error:
            where = f"line {error.lineno}: " if error.lineno else ""
            hint = "mend this line: the file has to be Python that runs"
            raise SchemaError(f"{where}{error.msg}", on=str(path), hint=hint) from error
        except ImportError as error:
            raise SchemaError(
                str(error),
                on=str(path),
                hint="a schema file may import syncd.fields, pydantic and Python's own modules",
            ) from error
        except (Exception, SystemExit) as error:
            first = (str(error).splitlines() or [""])[0]
            raise SchemaError(
                f"{_line_of(error, path)}{type(error).__name__}: {first}",
                on=str(path),
                hint=_cure(error),
            ) from error
        for model in dict.fromkeys(models):
            if model.table_words is not None:
                yield _described(model, model.table_words, path, code)


def _described(model: type[Record], words: TableWords, path: Path, code: bytes) -> Table:
    """Describe a table; what is wrong with it names the line where it stands."""
    try:
        return describe(model, words, str(path), hashlib.sha256(code).hexdigest())
    except SchemaError as error:
        where = f"line {_place_of(code, model.__name__, error.column)}: "
        raise SchemaError(
            f"{where}{error.what}", on=error.on, hint=error.hint, column=error.column
        ) from error


def _place_of(code: bytes, model: str, column: str) -> int:
    """Return the line of a column, or of its class where none is named or it stands elsewhere."""
    tree = ast.parse(code)
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found = [node for node in classes if node.name == model]
    lines = [
        each.lineno
        for node in found
        for each in node.body
        if isinstance(each, ast.AnnAssign)
        and isinstance(each.target, ast.Name)
        and each.target.id == column
    ]
    return (lines or [node.lineno for node in found] or [1])[0]


def _cure(error: BaseException) -> str:
    """Return what to do about an error that a schema file raised when it ran."""
    if isinstance(error, NameError) and error.name:
        known = [name for name in dir(fields) if not name.startswith("_")]
        near = process.extractOne(error.name, known, score_cutoff=60)
        meant = f"Did you mean {near[0]}? " if near and near[0] != error.name else ""
        return f"{meant}What a file uses has to be imported at its top, as from syncd.fields"
    return "mend this line: the file is run as Python"


@contextmanager
def _findable(module: types.ModuleType) -> Iterator[None]:
    """Let Pydantic find the module by name while its annotations are resolved, and no longer."""
    sys.modules[module.__name__] = module
    try:
        yield
    finally:
        del sys.modules[module.__name__]


def _line_of(error: BaseException, path: Path) -> str:
    lines = []
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == str(path):
            lines.append(step.tb_lineno)
        step = step.tb_next
    return f"line {lines[-1]}: " if lines else ""


def _check_apart(tables: Sequence[Table]) -> None:
    """Refuse two tables with one name, tab or id prefix."""
    for what in ("name", "title", "prefix"):
        seen: dict[str, Table] = {}
        for table in tables:
            value = str(getattr(table, what))
            other = seen.setdefault(value.casefold(), table)
            if other is not table:
                raise SchemaError(
                    f"two tables have the {what} “{value}”",
                    on=f"{other.source}, {table.source}",
                    hint=f"give one of them another {what}, on its class line",
                )


def _in_reference_order(tables: Sequence[Table]) -> Iterator[Table]:
    """Yield the tables that others refer to first; a circle of references has no first."""
    waiting = {table.name: table for table in tables}
    known = set(waiting)
    for table in tables:
        for field in table.fields:
            if field.reference is not None and field.reference not in known:
                raise SchemaError(
                    f"{table.name}.{field.name} refers to “{field.reference}”, which is no table",
                    on=table.source,
                    hint=f"there is: {', '.join(sorted(known))}",
                )
    while waiting:
        ready = [
            table
            for table in waiting.values()
            if not any(field.reference in waiting for field in table.fields)
        ]
        if not ready:
            names = ", ".join(sorted(waiting))
            raise SchemaError(
                f"these tables refer to each other in a circle: {names}",
                on=next(iter(waiting.values())).source,
                hint="leave out one of the references",
            )
        for table in ready:
            del waiting[table.name]
            yield table
