from __future__ import annotations

import msgspec
import pytest

from fingerprints.identification import Endpoint, Evidence
from reports.document import DeviceReport, ReportDocument
from reports.html.device_view import MAX_LISTED, DeviceView, DeviceViews, evidence_view, host_line, listed, moment


def _view(document: ReportDocument, **known: object) -> DeviceView:
    device = msgspec.structs.replace(document.devices[0], **known)
    return DeviceViews(document, {}).view(device, 1)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("2026-11-24T09:15:20Z", "2026-11-24 09:15 UTC"),
        ("2026-11-24T09:15:20+00:00", "2026-11-24 09:15 UTC"),
        ("2026-11-24T09:15:20+02:00", "2026-11-24 09:15 +02:00"),
        ("2026-11-24", "2026-11-24"),
        ("last week\x1b", "last week␛"),
        ("", ""),
        (None, ""),
    ],
)
def test_moments_are_shown_as_people_read_them(raw: str | None, shown: str) -> None:
    assert moment(raw) == shown


def test_rows_are_numbered_in_the_pages_order(document: ReportDocument) -> None:
    views = DeviceViews(document, {}).all()
    assert [view.number for view in views] == list(range(1, 15))
    assert views[0].priority == 1
    assert views[-1].priority == 0
    assert sorted(views, key=lambda view: view.address_order)[0].address == "10.20.0.5"


def test_a_relabelled_device_shows_its_label_and_its_maker(document: ReportDocument) -> None:
    view = _view(document, brand="LTS", model="CMIP8242", class_="camera")
    assert (view.name, view.subtitle, view.maker) == ("CMIP8242", "camera, sold as LTS", "Hikvision")
    assert ("Brand on the label", "LTS") in view.facts


def test_a_device_without_a_model_is_named_by_its_class(document: ReportDocument) -> None:
    assert _view(document, model=None, brand=None, class_="camera").name == "Hikvision camera"
    assert _view(document, model=None, brand="LTS", class_="unknown").name == "LTS device"
    assert _view(document, model=None, brand=None, manufacturer=None, class_="camera").name == "camera"


def test_confidence_stays_between_nothing_and_everything(document: ReportDocument) -> None:
    assert _view(document, confidence=7.0).confidence == 100
    assert _view(document, confidence=-1.0).confidence_label == "0%"


def test_the_answer_speaks_of_acts_of_the_owner(document: ReportDocument, panel_document: ReportDocument) -> None:
    assert _view(document).answer == "conditional: own and use"
    assert _view(panel_document).answer == "depends on who asks"
    assert _view(document, determinations=()).answer == "not asked"
    clear = document.devices[9]
    assert DeviceViews(document, {}).view(clear, 1).answer == "no bar found"


def test_endpoints_name_the_address_only_where_it_is_another(document: ReportDocument) -> None:
    ends = (
        Endpoint(ip="10.20.0.5", port=80, service="http"),
        Endpoint(ip="10.20.0.6", port=37020, transport="udp"),
    )
    facts = dict(_view(document, address="10.20.0.5", endpoints=ends).facts)
    assert facts["Answered on"] == "80/tcp http, 10.20.0.6 37020/udp"


def test_evidence_says_because_where_and_how_strong() -> None:
    item = Evidence(
        fingerprint="x-http-title",
        field="http.title",
        family="http-page",
        excerpt="a\x00",
        weight=0.5,
        description="the title is its own",
        ip="10.0.0.1",
        port=80,
    )
    view = evidence_view(item)
    assert (view.because, view.excerpt, view.strength) == ("the title is its own", "a␀", "0.5")
    assert view.where == "http.title at 10.0.0.1 port 80, fingerprint x-http-title"
    bare = evidence_view(Evidence(fingerprint="x", field="mac", family="oui", excerpt="", weight=0.25))
    assert (bare.because, bare.where) == ("a known sign of this maker", "mac, fingerprint x")


def test_lists_are_bounded_and_say_what_is_missing(document: ReportDocument) -> None:
    assert listed([str(number) for number in range(MAX_LISTED + 7)]).endswith("39 and 7 more")
    view = _view(document, evidence=document.devices[0].evidence * 30)
    assert len(view.evidence) == MAX_LISTED
    assert "20 more signs are in report.json" in view.notes


def test_a_device_without_signs_says_so(document: ReportDocument) -> None:
    assert _view(document, evidence=()).finding == "Hikvision; no sign was recorded"
    unknown = {"manufacturer": None, "manufacturer_candidates": (), "brand": None}
    assert _view(document, **unknown).finding == "Maker unknown; this was seen:"
    assert _view(document, evidence=(), **unknown).finding == "Maker unknown; no sign was recorded"


def test_hosts_in_no_count_are_one_line() -> None:
    host = DeviceReport(address="10.0.0.9", ports=(80,), hostname="web.example.net", tags=("honeypot",))
    assert host_line(host) == (
        "10.0.0.9 port 80",
        "web.example.net",
        "honeypot: behaves like a decoy; in no count",
    )
    assert host_line(DeviceReport()) == ("no address", "device of unknown class", "")
