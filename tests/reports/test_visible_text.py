from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.visible_text import MAX_CHARS, visible

_ANY_TEXT = st.text(st.characters(), max_size=60)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("DS-2CD2143G2-I", "DS-2CD2143G2-I"),
        ("", ""),
        ("\x1b[31m", "␛[31m"),
        ("a\r\n\tb\x00", "a␍␊␉b␀"),
        ("\x7f", "␡"),
        ("\x9b31m", "⟨U+009B⟩31m"),
        ("\u202egnp.exe", "⟨U+202E⟩gnp.exe"),
        ("a\u200bb\ufeff", "a⟨U+200B⟩b⟨U+FEFF⟩"),
        ("\u2028", "⟨U+2028⟩"),
        ("\ud800", "⟨U+D800⟩"),
        ("\u3164", "⟨U+3164⟩"),
        ("camera\ufe0f", "camera⟨U+FE0F⟩"),
        ("日本語 é", "日本語 é"),
        ("e\u0301\u0302\u0303\u0304", "e\u0301\u0302\u0303⟨U+0304⟩"),
    ],
)
def test_invisible_and_moving_characters_become_signs(raw: str, shown: str) -> None:
    assert visible(raw) == shown


def test_a_cut_text_says_how_much_is_missing() -> None:
    assert visible("x" * 1_010, 10) == "xxxxxxxxxx … (1,000 more characters)"
    assert visible("x" * 10, 10) == "x" * 10


@given(_ANY_TEXT)
def test_everything_shown_is_printable_and_can_be_written(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    shown.encode("utf-8")
    assert visible(shown) == shown


@given(st.text(st.characters(), min_size=1, max_size=30), st.integers(min_value=0, max_value=20))
def test_the_result_is_bounded(text: str, limit: int) -> None:
    assert len(visible(text * 50, limit)) <= 10 * limit + 40


def test_the_default_bound_holds() -> None:
    assert visible("x" * (MAX_CHARS + 1)).endswith("(1 more characters)")
