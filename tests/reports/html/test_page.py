from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from regulations.determination import NOT_LEGAL_ADVICE
from reports.document import ReportDocument, SourceNote
from reports.html import page
from reports.html.page import STATIC_ROWS, TEMPLATES, json_for_script
from reports.render_options import RenderError, RenderOptions

Parse = Callable[[bytes], Any]


def _render(document: ReportDocument, templates: Path | None = None) -> bytes:
    return page.render(document, RenderOptions(templates=templates))


def test_the_page_says_everything_that_a_reader_asks(document: ReportDocument, parse_page: Parse) -> None:
    text = parse_page(_render(document)).text
    for expected in (
        "Network equipment report: Springfield Depot",
        "7 of 14 devices come from a maker on the FCC Covered List; 2 more may.",
        "Alex Example, facilities manager",
        "WO-2026-118",
        "Looked at 247 of 247 targets",
        "Hikvision, 99% sure, because",
        "the web server calls itself DNVRS-Webs",
        "LTS CMIP8242 camera, made by Hikvision",
        "3 × Hikvision DS-2CD2143G2-I camera",
        "Section 889(a)(1)(B), NDAA FY2019",
        "since 2020-08-13",
        "s889_b-own-use",
        "last verified 2026-11-24",
        "excluded by the operator",
        "intranet.example.net",
        "behaves like a decoy",
        "Cameras behind a recorder are not reached",
        "FAR 52.204-25",
        NOT_LEGAL_ADVICE,
    ):
        assert expected in text, expected
    assert "PARTIAL" not in text


def test_the_page_is_complete_in_itself(document: ReportDocument, parse_page: Parse) -> None:
    parsed = parse_page(_render(document))
    assert [tag for tag in ("img", "iframe", "object", "embed", "base") if parsed.all(tag)] == []
    (icon,) = parsed.all("link")
    assert icon["href"].startswith("data:image/svg+xml,")
    assert all("src" not in attributes for attributes in parsed.all("script"))
    assert "url(" not in parsed.styles[0]
    assert "@import" not in parsed.styles[0]


def test_the_policy_allows_the_pages_own_style_and_scripts_and_nothing_else(
    document: ReportDocument, parse_page: Parse
) -> None:
    parsed = parse_page(_render(document))
    (policy,) = [
        one["content"] for one in parsed.all("meta") if one.get("http-equiv") == "Content-Security-Policy"
    ]
    runnable = [parsed.scripts[0], parsed.scripts[-1]]
    hashes = [
        "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
        for text in (*runnable, parsed.styles[0])
    ]
    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src {hashes[0]} {hashes[1]}",
        f"style-src {hashes[2]}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
    ]
    assert not any("style" in element.attributes for element in parsed.elements)
    assert not any(name.startswith("on") for element in parsed.elements for name in element.attributes)


def test_a_partial_run_is_stamped(partial_document: ReportDocument, parse_page: Parse) -> None:
    assert "PARTIAL: 180 of 247 targets looked at" in parse_page(_render(partial_document)).text


def test_nothing_found_is_a_full_page(empty_document: ReportDocument, parse_page: Parse) -> None:
    text = parse_page(_render(empty_document)).text
    assert "No camera, recorder or other device of a maker known here was found." in text
    assert "Looked at 247 of 247 targets, of which 18 answered." in text
    assert "That is no proof that there is none" in text
    assert "80, 443, 554, 8000, 8080, 37777" in text
    assert "Section 889(a)(1)(B), NDAA FY2019" in text


def test_where_nobody_said_who_asks_a_panel_stands_with_the_way_to_say_it(
    panel_document: ReportDocument, document: ReportDocument, parse_page: Parse
) -> None:
    text = parse_page(_render(panel_document)).text
    assert "Who asks decides" in text
    assert "coverscan report --operator federal_prime_contractor" in text
    for operator in ("Federal agency", "Federal prime contractor", "Recipient of a federal grant or loan"):
        assert operator in text
    assert "depends on who asks" in text
    stated = parse_page(_render(document)).text
    assert "Who asks decides" not in stated
    assert "--operator" not in stated


def test_answers_for_a_part_that_nobody_saw_stand_apart(document: ReportDocument, parse_page: Parse) -> None:
    text = parse_page(_render(document)).text
    assert "own and use, if a HiSilicon chip is inside" in text
    axis = next(one for one in _data(parse_page(_render(document)))["devices"] if one["maker"] == "Axis")
    assert axis["answer"] == "no bar found"


def _data(parsed: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(parsed.scripts[1])
    return loaded


def test_the_data_holds_every_device_and_its_answers(document: ReportDocument, parse_page: Parse) -> None:
    data = _data(parse_page(_render(document)))
    assert [one["number"] for one in data["devices"]] == list(range(1, 15))
    assert len(data["law"]) == 3
    first = data["devices"][0]
    assert (first["address"], first["priority"], first["covered"], first["law"]) == ("10.20.0.5", 1, "yes", 1)
    assert data["law"][0][0]["what"] == "Section 889(a)(1)(B), NDAA FY2019: own and use"


def test_the_rows_stand_in_the_page_for_readers_without_scripts(
    large_document: Callable[[int], ReportDocument], parse_page: Parse
) -> None:
    parsed = parse_page(_render(large_document(STATIC_ROWS + 100)))
    rows = [one for one in parsed.all("tr") if one.get("class") == "device" and one.get("id") != "device-0"]
    assert len(rows) == STATIC_ROWS
    assert "shows the 500 most urgent of 600 devices" in parsed.text
    assert len(_data(parsed)["devices"]) == 600


def test_two_thousand_devices_stay_a_usable_file(large_document: Callable[[int], ReportDocument]) -> None:
    assert len(_render(large_document(2_000))) < 6_000_000


def test_imported_files_are_named_with_what_could_not_be_read(
    imported_document: ReportDocument, parse_page: Parse
) -> None:
    text = parse_page(_render(imported_document)).text
    assert "shodan.json.gz" in text
    assert "line 7: not JSON" in text
    assert "coverscan itself sent nothing for it" in text
    assert "By country" in text


def test_links_lead_within_the_page_or_to_cited_sources(document: ReportDocument, parse_page: Parse) -> None:
    parsed = parse_page(_render(document))
    ids = {element.attributes["id"] for element in parsed.elements if "id" in element.attributes}
    own = {source.url for source in document.knowledge.sources}
    for attributes in parsed.all("a"):
        href = attributes["href"]
        assert href in own or href.removeprefix("#") in ids | {"law-0"}, href
    assert len(ids) == len([1 for element in parsed.elements if "id" in element.attributes])


def test_a_source_that_leads_to_no_web_page_is_no_link(document: ReportDocument, parse_page: Parse) -> None:
    sources = tuple(
        SourceNote(key="S22", title="t", url=url)
        for url in (
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://192.0.2.1/",
            "https://a b",
            "HTTPS://example.net/",
        )
    )
    knowledge = msgspec.structs.replace(document.knowledge, sources=sources)
    parsed = parse_page(_render(msgspec.structs.replace(document, knowledge=knowledge)))
    outward = [one["href"] for one in parsed.all("a") if not (one["href"] or "").startswith("#")]
    assert outward == ["HTTPS://example.net/"]


def test_json_in_the_page_cannot_end_its_element() -> None:
    text = json_for_script({"a": "</script><!--&\u2028\u2029"})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"a": "</script><!--&\u2028\u2029"}


_TAGS = """
    html head meta title link style script body a header div p svg rect circle h1 h2 h3 h4 bdi span nav ol ul li
    main section strong dl dt dd figure figcaption table caption colgroup col thead tbody tr th td form label input
    select option button template code article details summary footer br noscript
"""
"""Every element that the templates use."""


def test_no_hostile_text_becomes_markup(
    hostile_documents: tuple[tuple[str, ReportDocument], ...], parse_page: Parse
) -> None:
    for text, document in hostile_documents:
        parsed = parse_page(_render(document))
        assert {element.tag for element in parsed.elements} <= set(_TAGS.split()), text
        assert len(parsed.all("script")) == 3, text
        assert not any(name.startswith("on") for one in parsed.elements for name in one.attributes), text
        for attributes in parsed.all("a"):
            href = attributes["href"] or ""
            assert re.match(r"#[a-z-]+(-\d+)?$", href) or href.startswith("https://example.net/"), (text, href)
        _data(parsed)
        assert all(char.isprintable() or char in " \n" for char in parsed.text), text


def test_a_hostile_text_is_still_readable(document: ReportDocument, parse_page: Parse) -> None:
    device = msgspec.structs.replace(document.devices[0], model="<b>\x1b[31m\u202eDS</b>")
    text = parse_page(_render(msgspec.structs.replace(document, devices=(device,)))).text
    assert "<b>␛[31m⟨U+202E⟩DS</b>" in text


def test_a_user_replaces_one_template_and_keeps_the_rest(
    tmp_path: Path, document: ReportDocument, parse_page: Parse
) -> None:
    (tmp_path / "masthead.html.j2").write_text("<header><h1>Ministry of Silly Talks: {{ title }}</h1></header>")
    (tmp_path / "style.css").write_bytes(b"body { color: black }\r\n")
    parsed = parse_page(_render(document, tmp_path))
    assert "Ministry of Silly Talks: Network equipment report" in parsed.text
    assert parsed.styles == ["body { color: black }"]
    assert "What to replace first" in parsed.text


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("summary.html.j2", "a\n{% if %}", r"template summary\.html\.j2, line 2: Expected an expression"),
        (
            "summary.html.j2",
            "a\n\n{{ no_such_thing }}",
            r"template summary\.html\.j2, line 3: 'no_such_thing' is undefined",
        ),
        ("summary.html.j2", "{{ total + 'x' }}", r"template summary\.html\.j2, line 1: unsupported operand"),
        ("summary.html.j2", "{{ title.__class__.__mro__ }}", r"summary\.html\.j2, line 1: access to attribute"),
        ("law.html.j2", "{% include 'missing.html.j2' %}", r"missing\.html\.j2"),
        ("style.css", "</style><b>", r"template style\.css: it must not hold </style"),
        ("script.js", "'<!--'", r"template script\.js: it must not hold"),
    ],
)
def test_a_wrong_template_is_named_with_its_line(
    tmp_path: Path, document: ReportDocument, name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(RenderError, match=message):
        _render(document, tmp_path)


def test_a_folder_of_templates_that_is_not_there_is_an_error(tmp_path: Path, document: ReportDocument) -> None:
    with pytest.raises(RenderError, match="no folder of templates"):
        _render(document, tmp_path / "nowhere")


def test_device_text_in_a_users_template_is_escaped_and_visible(tmp_path: Path, document: ReportDocument) -> None:
    (tmp_path / "masthead.html.j2").write_text("<i>{{ title }}</i>")
    hostile = msgspec.structs.replace(document, title="<u>\x1b")
    assert b"<i>&lt;u&gt;\xe2\x90\x9b</i>" in _render(hostile, tmp_path)


def test_the_built_in_templates_use_no_inline_code() -> None:
    for path in TEMPLATES.glob("*.j2"):
        text = path.read_text()
        assert not re.search(r"\son\w+=|style=|\|\s*safe\b|autoescape", text), path.name
