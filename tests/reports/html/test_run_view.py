from __future__ import annotations

import msgspec

from reports.document import ReportDocument
from reports.html import run_view


def test_scope_and_conduct_name_what_was_done(document: ReportDocument) -> None:
    scope = dict(run_view.scope_facts(document.run))
    assert scope["Targets"] == "10.20.0.0/24, 198.51.100.44, 2001:db8:20::64"
    assert scope["Left out on purpose"] == "10.20.0.200-10.20.0.210"
    assert scope["Began"] == "2026-11-24 09:15 UTC"
    conduct = dict(run_view.conduct_facts(document.run))
    assert conduct["Pace"] == "200 packets a second"
    assert conduct["Ports"] == "80, 443, 554, 8000, 8080, 37777"


def test_authorization_is_shown_or_its_absence_explained(document: ReportDocument) -> None:
    facts = dict(run_view.authorization_facts(document.run))
    assert facts == {
        "Authorized by": "Alex Example, facilities manager",
        "For": "10.20.0.0/24, 198.51.100.44/32",
        "Valid": "2026-11-20 to 2026-12-20",
        "Reference": "WO-2026-118",
    }
    without = msgspec.structs.replace(document.run, authorization=None)
    assert run_view.authorization_facts(without) == ()
    assert "No authorization was recorded" in run_view.authorization_gap(without)
    demo = msgspec.structs.replace(without, kind="demo")
    assert "emulated devices" in run_view.authorization_gap(demo)


def test_an_open_end_is_called_open(document: ReportDocument) -> None:
    allowed = document.run.authorization
    assert allowed is not None
    run = msgspec.structs.replace(
        document.run, authorization=msgspec.structs.replace(allowed, valid_to=None, reference=None)
    )
    assert dict(run_view.authorization_facts(run))["Valid"] == "2026-11-20 to open"


def test_counts_and_knowledge_are_listed(document: ReportDocument) -> None:
    assert ("targets", "247") in run_view.count_facts(document.run)
    assert dict(run_view.knowledge_facts(document))["Law last verified"] == "2026-11-24"


def test_files_keep_their_first_errors(imported_document: ReportDocument) -> None:
    (file,) = run_view.input_views(imported_document.run.inputs)
    assert (file.name, file.bad_lines, file.first_errors) == ("shodan.json.gz", 2, ("line 7: not JSON",))
