"""From raw observations to the report document: join, identify, ask the law, plan. Pure but for what is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from coverscan import __version__
from coverscan.knowledge_notes import knowledge_of
from fingerprints.database_loader import Database
from fingerprints.devices import join_devices
from fingerprints.identification import Device, Identification
from fingerprints.observation import Observation
from regulations.covered import covered_answer
from regulations.determination import Determination, Question
from regulations.determine import determine
from regulations.knowledge import Knowledge
from reports.document import DeviceReport, NotLookedAt, ReportDocument, Run, Stakeholder
from reports.planning.first_replacement import first_replacements

SETTLED_CONFIDENCE = 0.97


class Assessor:
    """Everything that is needed to say what observations mean: the fingerprints, the law, and who asks."""

    def __init__(self, database: Database, law: Knowledge, stakeholder: Stakeholder) -> None:
        self.database = database
        self.law = law
        self.stakeholder = stakeholder

    def covered(self, identification: Identification) -> str:
        """The ``covered`` word of an identification: about the maker alone."""
        return covered_answer(
            self.law,
            identification.manufacturer,
            identification.manufacturer_candidates,
            self.stakeholder.as_of,
        )

    def devices(self, observations: Iterable[Observation]) -> tuple[DeviceReport, ...]:
        """The devices behind observations, each with what the law says of it."""
        return tuple(self._report(device) for device in join_devices(list(observations), self.database))

    def settled(self, observations: Sequence[Observation]) -> bool:
        """Whether a host needs to be asked no more: one device, its maker beyond doubt, class and model known."""
        devices = join_devices(list(observations), self.database)
        if len(devices) != 1:
            return False
        found = devices[0].identification
        return (
            found.confidence >= self.database.published(SETTLED_CONFIDENCE)
            and found.manufacturer is not None
            and found.model is not None
            and found.class_ != "unknown"
            and not found.conflicts
        )

    def document(
        self,
        title: str,
        generated_at: str,
        run: Run,
        observations: Iterable[Observation],
        not_looked_at: Sequence[NotLookedAt],
    ) -> ReportDocument:
        """The report document of one run."""
        reports = self.devices(observations)
        set_apart = tuple(report for report in reports if "honeypot" in report.tags)
        devices = tuple(report for report in reports if "honeypot" not in report.tags and _is_device(report))
        others = tuple(report for report in reports if "honeypot" not in report.tags and not _is_device(report))
        return ReportDocument(
            title=title,
            generated_at=generated_at,
            run=run,
            stakeholder=self.stakeholder,
            devices=devices,
            other_hosts=others,
            set_apart=set_apart,
            not_looked_at=tuple(not_looked_at),
            replacements=first_replacements(devices, self.stakeholder),
            knowledge=knowledge_of(self.database, self.law, __version__),
        )

    def _report(self, device: Device) -> DeviceReport:
        found = device.identification
        covered = "unknown" if "honeypot" in found.tags else self.covered(found)
        return DeviceReport(
            **{name: getattr(found, name) for name in Identification.__struct_fields__},
            covered=covered,
            address=device.address,
            addresses=device.addresses,
            ports=tuple(
                sorted(
                    {
                        point.port
                        for point in device.endpoints
                        if point.port is not None and point.transport != "udp"
                    }
                )
            ),
            endpoints=device.endpoints,
            mac=device.mac,
            hostname=device.hostname,
            location=device.location,
            asn=device.asn,
            first_seen=device.first_seen,
            last_seen=device.last_seen,
            determinations=() if "honeypot" in found.tags else self.determinations(found, covered),
        )

    def determinations(self, found: Identification, covered: str) -> tuple[Determination, ...]:
        """What the law says of one device: for every operator of interest where its maker may be covered.

        For other devices the first operator's answers say it all: no list names their maker.
        """
        return tuple(row for question in self.questions(found, covered) for row in determine(self.law, question))

    def questions(self, found: Identification, covered: str | None = None) -> Iterator[Question]:
        """What the law is asked about one device, for each operator of interest."""
        if covered is None:
            covered = self.covered(found)
        operators = self.stakeholder.operators
        if covered not in ("yes", "possible") and not self.stakeholder.stated:
            operators = operators[:1]
        vendor = self.law.entity_key_for(found.manufacturer)
        families = tuple(dict.fromkeys(evidence.family for evidence in found.evidence))
        for operator in operators:
            yield Question(
                operator=operator,
                as_of=self.stakeholder.as_of,
                vendor=vendor,
                brand=found.brand,
                device=self.law.device_word(found.class_),
                use=self.stakeholder.use,
                state=self.stakeholder.state,
                inferred_from=families,
            )


def _is_device(report: DeviceReport) -> bool:
    """Whether a host is more than an address with an open port: its maker, candidates or class are known."""
    return bool(report.manufacturer or report.manufacturer_candidates) or report.class_ not in ("unknown", "other")


def as_json_line(report: DeviceReport) -> bytes:
    """One device as ``scan --json`` prints it: the same object as under ``devices`` in ``report.json``."""
    return msgspec.json.encode(report)
