from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reports.terminal_text import pad, terminal_text, text_columns, wrapped


def test_escape_sequences_are_shown_not_sent() -> None:
    assert terminal_text("\x1b]0;owned\x07") == "␛]0;owned␇"
    assert terminal_text("\x9b2J") == "⟨U+009B⟩2J"


def test_wide_characters_fill_two_columns() -> None:
    assert text_columns("日本語") == 6
    assert text_columns("e\u0301") == 1
    assert terminal_text("日本語カメラ", 7) == "日本語…"


def test_a_text_is_cut_to_its_columns() -> None:
    assert terminal_text("DS-2CD2143G2-I", 8) == "DS-2CD2…"
    assert terminal_text("short", 8) == "short"
    assert terminal_text("anything", 0) == ""


@given(st.text(st.characters(), max_size=60), st.integers(min_value=1, max_value=40))
def test_no_text_is_wider_than_asked(text: str, width: int) -> None:
    assert text_columns(terminal_text(text, width)) <= width
    assert text_columns(pad(text, width)) == width
    assert terminal_text(text, width).isprintable()


def test_lines_break_between_words_and_inside_words_that_are_too_long() -> None:
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped("a bcdefghij", 4) == ["a", "bcde", "fghi", "j"]
    assert wrapped("日本語カメラ", 5) == ["日本", "語カ", "メラ"]
    assert wrapped("", 10) == []


@given(st.text(st.characters(), max_size=80), st.integers(min_value=2, max_value=30))
def test_no_line_is_wider_than_asked(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(text_columns(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == terminal_text(text).replace(" ", "")
