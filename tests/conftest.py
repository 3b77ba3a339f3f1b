"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# Machines differ in speed, and a slow one is no failure; time is measured in benchmarks/, never in a test.
settings.register_profile("coverscan", deadline=None, print_blob=True)
settings.load_profile("coverscan")
