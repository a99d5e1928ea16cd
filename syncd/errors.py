"""Every failure that syncd knows, as one tree of fields.

    SyncdError                 something failed: what, on what, and what to do next
    ├── UsageError             the command or the config is wrong            exit 2
    │   └── SchemaError        the user's schema files cannot be used        exit 2
    ├── CrmError               the database cannot be used                   exit 1
    │   └── CrmBusyError       somebody else holds it for the moment         exit 4
    ├── SheetError             Google refused                                exit 1
    │   ├── SheetAccessError   no permission, or no such spreadsheet         exit 1
    │   ├── SheetBusyError     Google is out of reach or out of quota        exit 4
    │   └── OutcomeUnknownError  a write was sent and no answer came         exit 4
    ├── HaltedError            syncd stopped writing: needs a person         exit 3
    │   └── LayoutError        a tab or a column that it needs is missing    exit 3
    └── BusyError              another syncd works on this database          exit 4
        ├── LeaseLostError     another daemon took over                      exit 4
        └── OutdatedError      another syncd brought in other schemas        exit 4

Wording and exit codes are the command line's; an error carries only what it needs for them.
"""

from enum import Enum


class Remedy(Enum):
    """Who can mend an error: the caller, the machine's owner, a person's decision, or time."""

    USAGE = "usage"
    REPAIR = "repair"
    DECISION = "decision"
    TIME = "time"


class SyncdError(Exception):
    """Something failed: `what` happened, to what (`on`), and what to do next (`hint`).

    `changeset` names what is recorded all the same, and goes on.
    """

    remedy = Remedy.REPAIR

    def __init__(self, what: str, *, on: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.on = on
        self.hint = hint
        self.changeset = ""

    def __str__(self) -> str:
        return f"{self.on}: {self.what}" if self.on else self.what


class UsageError(SyncdError):
    """The command line or the config asks for something that cannot be."""

    remedy = Remedy.USAGE


class SchemaError(UsageError):
    """A schema file cannot be read, or describes a table that cannot be built.

    `column` is the one that is wrong, where it is one.
    """

    def __init__(self, what: str, *, on: str = "", hint: str = "", column: str = "") -> None:
        super().__init__(what, on=on, hint=hint)
        self.column = column


class CrmError(SyncdError):
    """The CRM database cannot be opened, read or written."""


class CrmBusyError(CrmError):
    """The CRM database is locked by another program."""

    remedy = Remedy.TIME


class SheetError(SyncdError):
    """Google refused a request for a reason that trying again does not cure."""


class SheetAccessError(SheetError):
    """The spreadsheet does not exist or the account may not use it."""


class SheetBusyError(SheetError):
    """Google did not answer a read, or said to come back later."""

    remedy = Remedy.TIME


class OutcomeUnknownError(SheetError):
    """A write was sent and no answer came: it may or may not have been applied."""

    remedy = Remedy.TIME


class HaltedError(SyncdError):
    """syncd stopped writing until a person decides."""

    remedy = Remedy.DECISION


class LayoutError(HaltedError):
    """A tab or a column that syncd needs is missing or doubled."""


class BusyError(SyncdError):
    """Another syncd process works on this database."""

    remedy = Remedy.TIME


class LeaseLostError(BusyError):
    """Another daemon took the place of this one."""


class OutdatedError(BusyError):
    """Another syncd changed the tables to other schemas than those that this one works by."""
