"""A stand-in for the Google Sheets and Drive APIs that needs no Google account."""

from syncd.sandbox.app import Sandbox

__all__ = ["Sandbox"]
