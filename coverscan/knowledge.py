"""Loads what is known, fingerprints and law, for the verbs that need it."""

from __future__ import annotations

from coverscan.assess import Assessor
from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from coverscan.law_store import current_law
from fingerprints.database_loader import DatabaseError, load_database
from regulations.determination import Question
from regulations.determine import QuestionError, determine
from reports.document import Stakeholder


def load_assessor(stakeholder: Stakeholder) -> Assessor:
    """The fingerprints and the law for ``stakeholder``; raises ``Failure`` where its words are unknown."""
    try:
        database = load_database()
    except DatabaseError as error:
        raise Failure(str(error), ExitCode.FAILED) from None
    law = current_law()
    try:
        for operator in stakeholder.operators:
            asked = Question(
                operator=operator, use=stakeholder.use, as_of=stakeholder.as_of, state=stakeholder.state
            )
            determine(law, asked)
    except QuestionError as error:
        raise Failure(str(error), ExitCode.WRONG_USAGE, "coverscan coverage operators") from None
    return Assessor(database, law, stakeholder)
