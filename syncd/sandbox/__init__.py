"""A stand-in for the Google Sheets and Drive APIs that needs no Google account."""

from syncd.sandbox.app import Sandbox
from syncd.sandbox.state.clock import ManualClock

__all__ = ["ManualClock", "Sandbox"]
