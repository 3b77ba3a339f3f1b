"""What one list says about one device, for one operator and act, as of one date."""

from __future__ import annotations

import msgspec

NOT_LEGAL_ADVICE = (
    "This is a reading of dated public sources by a program, not legal advice. "
    "A fingerprint shows likely origin, not the legal producer."
)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks about which device, for what use, on which day (ISO dates).

    ``vendor`` is an entity key of the knowledge base, ``other`` (a known maker on no list) or ``unknown``.
    ``inferred_from`` names the signs where the vendor was only inferred from what the device shows: then a
    prohibition rests on the condition that the vendor really is the producer.

    ``use``, ``device``, ``component``, ``produced_in``, ``exception`` and ``funding`` are words of
    ``regulations/rules/vocabulary.yaml``. ``component`` is null where nothing is known of the parts inside.
    ``authorised`` is the day of the model's FCC authorization, ``before_2022-11-11``, ``never`` or ``unknown``;
    ``acquired`` when the owner got the unit; ``purchase`` and ``service_contract`` (either may lie ahead) what is
    asked about; ``grant_date`` the day of the federal award; ``application`` when an FCC application was filed (one
    that is still pending can be granted on ``as_of`` at the earliest). ``query_name`` asks about a name instead of a
    vendor. ``relation`` says how the vendor stands to the deal, ``transaction`` what is done with its securities;
    ``state`` (US postal code) and ``country`` (ISO code) where the operator is.
    """

    operator: str
    as_of: str
    vendor: str = "unknown"
    brand: str | None = None
    device: str = "unknown"
    use: str = "unknown"
    acquired: str | None = None
    purchase: str | None = None
    authorised: str | None = None
    inferred_from: tuple[str, ...] = ()
    query_name: str | None = None
    component: str | None = None
    produced_in: str = "unknown"
    exception: str | None = None
    funding: str = "unknown"
    service_contract: str | None = None
    grant_date: str | None = None
    application: str | None = None
    relation: str | None = None
    transaction: str = "buy_security"
    state: str | None = None
    country: str | None = None


class Determination(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of the answer: regime and act, what it says, since when, on what it rests, what is open.

    ``determination`` is one of the closed vocabulary in ``regulations/rules/vocabulary.yaml``. ``from_`` and
    ``to`` are the first and last day of the bar (null where there is none or no end is known). ``cite`` holds
    source keys of the knowledge base, never empty. ``must_say`` is the caveat or the question to ask.
    ``component`` is set on rows of their own, which say what would hold if that part were inside; the row of the
    unit as it is known has none.
    """

    regime: str
    act: str
    determination: str
    operator: str
    from_: str | None = msgspec.field(default=None, name="from")
    to: str | None = None
    cite: tuple[str, ...]
    why: str
    must_say: str | None = None
    rule: str
    grade: str
    last_verified: str
    component: str | None = None
