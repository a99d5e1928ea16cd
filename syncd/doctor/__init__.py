"""Whether everything is in place on which a workspace depends, and what to do where it is not."""

from syncd.doctor.examine import examine, exit_code, heal
from syncd.doctor.line import Line, State

__all__ = ["Line", "State", "examine", "exit_code", "heal"]
