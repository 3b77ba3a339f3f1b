from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from fingerprints.database_loader import DATABASE_FOLDER, DatabaseYaml
from fingerprints.entry_layout import WIDTH, canonical_text, entry_text

UNTIDY = r"""# A file's heading stays.
defaults: {manufacturer: Acme}
entries:
# about the first
- weight: 0.8
  id: acme-http-server
  family: 'http-server'
  description: "the web server calls itself AcmeWeb"
  means: {class_weight: 0.6, class: camera}
  match:
  - {is: AcmeWeb, field: http.server}
  examples:
  - expect: {class: camera, manufacturer: Acme}
    fields: {http.server: AcmeWeb}
  source: {seen: 2026-11-24, text: seen, mark: observed}

# about the second
- id: acme-two
  description: its page says so
  family: http-page
  weight: 0.5
  match:
  - {field: http.title, is: Acme}   # a reason
  means: {}
  source: {text: seen, seen: 2026-11-24, mark: observed}
# at the end
"""

TIDY_FIRST = r"""# about the first
- id: acme-http-server
  description: the web server calls itself AcmeWeb
  family: http-server
  weight: 0.8
  match:
  - {field: http.server, is: "AcmeWeb"}
  means: {class: camera, class_weight: 0.6}
  source: {text: "seen", seen: 2026-11-24, mark: observed}
  examples:
  - fields: {http.server: "AcmeWeb"}
    expect: {class: camera, manufacturer: Acme}

# about the second
"""


def test_order_and_quotes_are_made_and_comments_between_entries_stay() -> None:
    layout = canonical_text(UNTIDY)
    assert TIDY_FIRST in layout.text
    assert layout.text.startswith("# A file's heading stays.\ndefaults")
    assert layout.text.endswith("# at the end\n")
    assert layout.changed == ("acme-http-server",)
    assert layout.left == ("acme-two: has a comment inside: move it above the entry, or into note",)
    assert canonical_text(layout.text)._replace(left=()) == (layout.text, (), ())


def test_an_anchor_is_left_and_told() -> None:
    text = "entries:\n- {id: a, source: &s {text: t}}\n- {id: b, source: *s}\n"
    layout = canonical_text(text)
    assert layout.text == text
    assert [reason.split(":")[0] for reason in layout.left] == ["a", "b"]
    assert all("anchor" in reason for reason in layout.left)


@pytest.mark.parametrize("path", sorted(DATABASE_FOLDER.glob("*.yaml")), ids=lambda path: path.name)
def test_no_file_of_the_database_would_change_its_meaning(path: Path) -> None:
    text = path.read_text("utf-8")
    layout = canonical_text(text)
    assert yaml.load(layout.text, Loader=DatabaseYaml) == yaml.load(text, Loader=DatabaseYaml)
    assert canonical_text(layout.text).changed == ()


@pytest.mark.parametrize(
    "value",
    ["yes", "1.0", "2026-11-24", "null", "a: b", "a #b", " x ", "\x00\n\u2028", "é海", "{}", "'", '"', "@a", "-"],
)
def test_every_text_comes_back_as_it_was(value: str) -> None:
    entry = {
        "id": "a",
        "description": value,
        "match": [{"field": "http.title", "is": value}],
        "means": {"model": {"from": "m", "map": {value: value}}},
        "examples": [{"fields": {"http.title": value, "http.headers": [value]}, "note": value}],
    }
    assert yaml.load(entry_text(entry), Loader=DatabaseYaml) == [entry]


def test_long_lists_are_filled_up_to_the_width() -> None:
    blocks = [f"{number:06X}" for number in range(200)]
    text = entry_text({"id": "a", "match": [{"field": "mac", "oui_in": blocks}]})
    assert yaml.load(text, Loader=DatabaseYaml)[0]["match"][0]["oui_in"] == blocks
    assert len(text.splitlines()) < 25
    assert max(map(len, text.splitlines())) <= WIDTH
