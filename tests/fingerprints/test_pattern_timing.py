from __future__ import annotations

import time

import pytest

from fingerprints.pattern_timing import slow_pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:a+)+$",
        "(?:a|aa){1,500}$",
        "(?:a{1,9}){1,99}!",
        r"\s+$",
        "<title>.*</title>.*<body>",
        "(?:[0-9a-f]+:?){1,900}x",
        "href=.*login.*asp",
    ],
)
def test_patterns_that_hostile_text_makes_slow(pattern: str) -> None:
    start = time.process_time()
    assert slow_pattern(pattern)
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    "pattern",
    [
        "^App-webs/$",
        r"^V[0-9.]{1,12} build (?P<build>\d{6})$",
        r'realm="(?P<model>[A-Z0-9-]{1,32})"',
        r"<title>[^<]{0,80}Camera[^<]{0,80}</title>",
        "^[0-9a-f]{32}:[0-9]{13}$",
    ],
)
def test_bounded_patterns_are_fine(pattern: str) -> None:
    assert slow_pattern(pattern) == ""


def test_the_reason_says_what_to_do() -> None:
    assert "bound one of them" in slow_pattern("(?:a+)+")
    assert "use bounded repeats" in slow_pattern("<a>.*</a>.*<b>")
