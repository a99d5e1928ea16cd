"""What tests of the doctor share with those of the command line."""

from tests.cli.conftest import place

__all__ = ["place"]
