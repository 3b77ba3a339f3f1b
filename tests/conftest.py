"""What holds for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Machines differ in speed, and a slow one is no failure; time is measured in benchmarks/, never in a test.
settings.register_profile("coverscan", deadline=None, print_blob=True)
settings.load_profile("coverscan")


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder for the tests and the processes that they start: never the user's own."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        patch.delenv("COVERSCAN_NO_CACHE", raising=False)
        yield folder
