from __future__ import annotations

from reports.wording import COVERED_ORDER, plain, wording


def test_every_value_of_covered_has_words() -> None:
    assert set(wording().covered) == set(COVERED_ORDER)


def test_determinations_are_ranked_worst_first() -> None:
    words = [known.word for known in wording().determinations]
    assert words[0] == "prohibited"
    assert sorted(words, key=wording().severity) == words
    assert wording().severity("prohibited") < wording().severity("prohibited_conditional")
    assert wording().severity("prohibited_conditional") < wording().severity("not_prohibited")


def test_a_determination_that_nobody_knows_counts_as_open() -> None:
    strange = wording().determination("banned_on_tuesdays")
    assert (strange.short, strange.tone) == ("banned on tuesdays", "open")
    assert wording().severity("banned_on_tuesdays") == wording().severity("indeterminate")


def test_words_that_are_not_listed_are_shown_as_they_are() -> None:
    assert wording().operator("school_board") == "School board"
    assert wording().act("lend_out") == "lend out"
    assert wording().device_class("doorbell") == "doorbell"
    assert wording().covered_word("perhaps").label == "Maker unknown"
    assert plain("a_b") == "a b"


def test_every_act_of_an_owner_has_both_its_forms() -> None:
    for act in wording().owner_acts:
        assert act in wording().acts
        assert act in wording().doing


def test_tones_are_the_ones_that_the_page_has_colours_for() -> None:
    tones = {"barred", "conditional", "open", "advice", "listed", "clear", "none"}
    assert {known.tone for known in wording().determinations} <= tones
