"""A pytest fixture for other projects: `pytest_plugins = ["syncd.sandbox.pytest_plugin"]`."""

from collections.abc import Iterator

import pytest

from syncd.sandbox.app import Sandbox
from syncd.sandbox.pointing import all_pointed


@pytest.fixture
def sheets_sandbox() -> Iterator[Sandbox]:
    """Give a test a sandbox of its own, which all its clients reach instead of Google.

    It starts without books, faults and quotas, and ends with the test.
    """
    with Sandbox() as running, all_pointed(running.url):
        yield running
