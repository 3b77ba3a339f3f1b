"""What new knowledge of the law changes for the devices of an inventory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from coverscan.assess import Assessor
from fingerprints.database_loader import load_database
from inventory.store import Inventory
from regulations.determination import Question
from regulations.knowledge import Knowledge
from regulations.knowledge_changes import AnswerChange, answer_changes
from reports.document import Stakeholder


def questions_of(inventory: Inventory, scan_id: int, law: Knowledge, who: Stakeholder) -> Counter[Question]:
    """The questions that the devices of a scan raise, with the number of devices behind each."""
    assessor = Assessor(load_database(), law, who)
    found: Counter[Question] = Counter()
    for device in assessor.devices(inventory.observations(scan_id)):
        found.update(assessor.questions(device))
    return found


def device_changes(
    old: Knowledge, new: Knowledge, questions: Counter[Question]
) -> Iterator[tuple[int, AnswerChange]]:
    """The answers that differ under ``new``, each with the number of devices that it is about."""
    for change in answer_changes(old, new, questions):
        yield questions[change.question], change
