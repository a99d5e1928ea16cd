"""The way in: runs a verb, and ends every failure as words and an exit code."""

import gc
import os
import sys

# The order of the imports is the order of the verbs in the help.
# isort: off
from syncd.cli import work
from syncd.cli import admin
from syncd.cli import rails
from syncd.cli import review
from syncd.cli import past
from syncd.cli import settle
from syncd.cli import undoing
from syncd.cli import keeping
from syncd.cli import explaining
from syncd.cli import check
from syncd.cli import schemas
from syncd.cli import repairs
from syncd.cli import play

# isort: on
from syncd.cli.app import app
from syncd.cli.output import EXIT_CODES, print_error
from syncd.errors import SyncdError, UsageError

# Importing them adds them to the application.
VERBS = (
    work,
    admin,
    rails,
    review,
    past,
    settle,
    undoing,
    keeping,
    explaining,
    check,
    schemas,
    repairs,
    play,
)


# Rows and plans are trees that reference counting frees by itself; at Python's own thresholds the
# search for cycles takes a third of a first import. Ten times rarer, and what an attempt leaves in
# cycles is still held when the next one reads: 443 MB at the peak of 50,000 rows, and not 330.
COLLECT_AFTER = (50_000, 10, 10)


def main() -> None:
    """Run the command line; every failure ends as words and an exit code."""
    gc.set_threshold(*COLLECT_AFTER)
    as_json = "--json" in sys.argv
    try:
        code = app(standalone_mode=False)
    except SyncdError as error:
        print_error(error, as_json=as_json)
        code = EXIT_CODES[error.remedy]
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        sys.stderr.close()
        code = 1
    except Exception as error:  # noqa: BLE001 # the last line before a traceback
        code = _unforeseen(error, as_json=as_json)
    sys.exit(code if isinstance(code, int) else 0)


def _unforeseen(error: Exception, *, as_json: bool) -> int:
    """Name an error of the command line itself, or a fault of ours."""
    if type(error).__name__ == "NoArgsIsHelpError" and not as_json:
        return 2  # the help was printed
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):
        print_error(UsageError(error.format_message(), hint="See --help."), as_json=as_json)
        return 2
    if type(error).__name__ == "Abort":
        return 1
    if os.environ.get("SYNCD_DEBUG"):
        raise error
    print_error(
        SyncdError(
            f"something went wrong that syncd did not foresee: {type(error).__name__}: {error}",
            hint="Nothing half-done was kept. SYNCD_DEBUG=1 shows where; please report it.",
        ),
        as_json=as_json,
    )
    return 1
