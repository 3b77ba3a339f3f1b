from __future__ import annotations

import re

import pytest

from fingerprints.pattern_literals import nested_repeat, required_literals, sample_pieces


@pytest.mark.parametrize(
    ("pattern", "literals"),
    [
        ("^Server: App$", ("Server: App",)),
        ("a+bcd?", ("bc",)),
        ("(?:abc)+x", ("abc",)),
        ("(?:abc|xyz)", ("abc", "xyz")),
        ("(?:abc|abd)", ("ab",)),
        ("(?:abc|[xyz])", ()),
        ("(?:abc|xyz)?", ()),
        ("(?:abc|xyz)longer", ("longer",)),
        ("(?:Alpha|Beta)[0-9]x", ("Alpha", "Beta")),
        ("(?:abcd)?xy", ("xy",)),
        ("x(?P<model>DS-[0-9]+)y", ("DS-",)),
        (r"a\.b", ("a.b",)),
        ("(?=abc)x", ("x",)),
        ("(?!abc)x", ("x",)),
    ],
)
def test_one_of_these_texts_is_in_every_match(pattern: str, literals: tuple[str, ...]) -> None:
    assert required_literals(pattern) == (literals, False)


@pytest.mark.parametrize("pattern", ["[ab]", "a?", "(?:)"])
def test_a_pattern_without_such_a_text(pattern: str) -> None:
    assert not any(required_literals(pattern)[0])


def test_case_is_told() -> None:
    assert required_literals("(?i)AbC") == (("AbC",), True)
    assert required_literals("AbC", ignore_case=True) == (("AbC",), True)
    assert required_literals("(?i)straße") == ((), True)
    assert required_literals("a(?i:BCDE)f")[0] in (("a",), ("f",))
    assert required_literals("(") == ((), False)


@pytest.mark.parametrize(
    ("pattern", "nested"),
    [
        ("(?:a+)+", True),
        ("(?:a|b*)*c", True),
        ("(?:x(?:a*)y)*", True),
        ("(?:a{1,64})+", False),
        ("a+b+", False),
        ("(?:a{2,8}b){1,3}", False),
    ],
)
def test_nested_repeats(pattern: str, nested: bool) -> None:
    assert nested_repeat(pattern) is nested


@pytest.mark.parametrize("pattern", ["ab[0-9]+c", r"\d{4}-\w+", '(?P<a>x|y)[^"]*"', "^a.b$"])
def test_the_sample_of_a_pattern_matches_it(pattern: str) -> None:
    assert re.search(pattern, "".join(sample_pieces(pattern)))
