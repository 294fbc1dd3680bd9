"""What an agency's system may ask and tell, over HTTP with a token of its own (docs/agency-api.md).

Errors are ``{"code", "zh", "en"}``. A number is shown in full only in the answer that allows its use.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, NinjaAPI, Query, Schema
from ninja.errors import AuthenticationError, ValidationError
from ninja.security import HttpBearer

from shouyue.base.errors import ShouyueError
from shouyue.casework.agencies import contacting, errors, managing
from shouyue.casework.errors import Missing
from shouyue.casework.masking import mask_phone
from shouyue.casework.models import Agency
from shouyue.compliance import gate
from shouyue.compliance.models import AttemptOutcome
from shouyue.compliance.rule import CHANNELS

#: cases in an answer
MOST = 500
_KEY = re.compile(r"[\w.:/-]{1,80}", re.ASCII)
_STATUS: tuple[tuple[type[ShouyueError], int], ...] = (
    (errors.Unknown, 401),
    (Missing, 404),
    (errors.TooMany, 429),
    (errors.BadRequest, 422),
)


class Token(HttpBearer):
    """``Authorization: Bearer sya_…``"""

    def authenticate(self, request: HttpRequest, token: str) -> Agency:
        return managing.asking(token)


agencies = NinjaAPI(
    title="Shouyue: agencies · 守约：委外机构",
    version="1",
    urls_namespace="agencies",
    auth=Token(),
    docs_url=None,
    openapi_url="openapi.json",
    description="Ask the gate before each contact; tell what became of it. 每次联系前询问合规关卡，之后报告结果。",
)


# ---------------------------------------------------------------- what goes over the wire
class Number(Schema):
    """``id`` names the number in a question; ``shown`` is masked."""

    id: int
    shown: str
    relation: str
    place: str


class Placed(Schema):
    """A case placed with the agency. Amounts in minor units of ``currency``."""

    case: UUID
    phase: str
    dpd: int
    overdue_minor: int
    currency: str
    as_of: str
    #: the last day on which the case is with the agency; null: until it is taken back
    until: str | None
    numbers: list[Number]


class Asked(Schema):
    """``after`` is the ``next`` of the page before."""

    after: UUID | None = None
    limit: int = Field(MOST, ge=1, le=MOST)


class Page(Schema):
    """``next`` is what to give as ``after`` for those that follow; null: there are no more."""

    cases: list[Placed]
    next: UUID | None


class Ask(Schema):
    """``case`` and ``number`` as ``/cases`` names them."""

    case: UUID
    number: int
    channel: str = Field(json_schema_extra={"enum": [*map(str, sorted(CHANNELS))]})


class Made(Ask):
    """A contact that was made without asking: when (with its zone), and what came of it."""

    at: datetime
    outcome: str = Field(json_schema_extra={"enum": list(AttemptOutcome.Kind.values)})


class Outcome(Schema):
    outcome: str = Field(json_schema_extra={"enum": list(AttemptOutcome.Kind.values)})


class Rule(Schema):
    """A rule that refuses, in words, with its source, and until when it does (null: not told by time alone)."""

    rule: str
    zh: str
    en: str
    source_zh: str
    source_en: str
    until: datetime | None = None


class Decided(Schema):
    """``contact`` names the reserved attempt, ``phone`` is the number to dial; both null where it is not allowed.

    ``earliest`` is when it may be if nothing else happens. ``decision`` and ``digest`` are the stored proof.
    """

    allowed: bool
    contact: UUID | None = None
    phone: str | None = None
    zh: str
    en: str
    rules: list[Rule]
    earliest: datetime | None = None
    decision: UUID
    digest: str


class Told(Schema):
    status: str = "kept"


class Problem(Schema):
    code: str
    zh: str
    en: str


_REFUSED = {401: Problem, 404: Problem, 409: Problem, 422: Problem, 429: Problem}


# ---------------------------------------------------------------- addresses
@agencies.get("/cases", response={200: Page, **_REFUSED}, url_name="agency-cases")
def cases(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:
    """The cases placed with the agency now, the oldest placement first. 委托给本机构的案件，先委托的在前。"""
    found, going_on = contacting.placed(_agency(request), asked.after, asked.limit)
    shown = [
        {
            "case": placement.pk,
            "phase": case.phase,
            "dpd": case.dpd,
            "overdue_minor": case.overdue_minor,
            "currency": case.currency,
            "as_of": case.as_of.isoformat(),
            "until": placement.ends_on.isoformat() if placement.ends_on else None,
            "numbers": [
                {"id": p.pk, "shown": mask_phone(p.phone), "relation": p.relation, "place": p.place}
                for p in case.customer.contact_points.all()
            ],
        }
        for placement, case in found
    ]
    return {"cases": shown, "next": going_on}


@agencies.post("/contacts", response={200: Decided, **_REFUSED}, url_name="agency-ask")
def ask(request: HttpRequest, asked: Ask) -> dict[str, Any]:
    """May this contact be made now? Allowed, it is reserved and counts. 询问能否联系；允许即占用一次。"""
    agency, key = _agency(request), _key(request)
    _one_of("channel", asked.channel, CHANNELS)

    def answer() -> contacting.Answer:
        made = contacting.ask(agency, asked.case, asked.number, asked.channel, key)
        return 200, _decided(made.decision, made.attempt.pk if made.attempt else None)

    _status, said = contacting.once(agency, key, {"ask": asked.dict()}, answer)
    if not said["allowed"]:
        return said
    return said | {"phone": contacting.number_of(agency, asked.case, asked.number)}


@agencies.post("/contacts/{uuid:contact}/outcome", response={200: Told, **_REFUSED}, url_name="agency-outcome")
def outcome(request: HttpRequest, contact: UUID, told: Outcome) -> dict[str, Any]:
    """What became of a contact that was asked for. 报告已询问的联系的结果。"""
    agency, key = _agency(request), _key(request)
    _one_of("outcome", told.outcome, AttemptOutcome.Kind.values)

    def answer() -> contacting.Answer:
        contacting.end(agency, contact, told.outcome)
        return 200, {"status": "kept"}

    return contacting.once(agency, key, {"outcome": told.dict(), "contact": str(contact)}, answer)[1]


@agencies.post("/reports", response={200: Decided, **_REFUSED}, url_name="agency-report")
def report(request: HttpRequest, made: Made) -> dict[str, Any]:
    """A contact made without asking. It counts, and is judged all the same. 报告未经询问的联系：照样计数、照样判定。"""
    agency, key = _agency(request), _key(request)
    _one_of("channel", made.channel, CHANNELS)
    _one_of("outcome", made.outcome, AttemptOutcome.Kind.values)
    if made.at.tzinfo is None:
        raise errors.BAD_BODY.error(where="at")

    def answer() -> contacting.Answer:
        decision = contacting.report(agency, made.case, made.number, made.channel, made.at, made.outcome, key)
        return 200, _decided(decision, contacting.attempt_id(agency, key))

    return contacting.once(agency, key, {"report": made.dict()}, answer)[1]


def _agency(request: HttpRequest) -> Agency:
    return request.auth  # type: ignore[attr-defined]


def _key(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        raise errors.NO_KEY.error()
    return key


def _one_of(field: str, value: str, known: Any) -> None:
    if value not in known:
        raise errors.BAD_BODY.error(where=field)


def _decided(decision: gate.GateDecision, contact: UUID | None) -> dict[str, Any]:
    answer = gate.answer_of(decision)
    moment = answer.next_allowed_at
    return {
        "allowed": answer.allowed,
        "contact": str(contact) if contact else None,
        "phone": None,
        "zh": answer.words("zh"),
        "en": answer.words("en"),
        "rules": [
            {
                "rule": f.rule, "zh": f.zh, "en": f.en, "source_zh": f.source_zh, "source_en": f.source_en,
                "until": f.until.isoformat() if f.until else None,
            }
            for f in answer.refusals
        ],
        "earliest": moment.isoformat() if moment else None,
        "decision": str(decision.pk),
        "digest": gate.digest(decision),
    }  # fmt: skip


# ---------------------------------------------------------------- errors
def _said(request: HttpRequest, error: ShouyueError, status: int) -> HttpResponse:
    body = {"code": error.code, "zh": error.zh, "en": error.en}
    response = agencies.create_response(request, body, status=status)
    if status == 429:
        response["Retry-After"] = "60"
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


@agencies.exception_handler(ShouyueError)
def refused(request: HttpRequest, error: ShouyueError) -> HttpResponse:
    return _said(request, error, next((status for kind, status in _STATUS if isinstance(error, kind)), 409))


@agencies.exception_handler(AuthenticationError)
def unknown(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return _said(request, errors.NO_TOKEN.error(), 401)


@agencies.exception_handler(ValidationError)
def unreadable(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Names where, never what was sent: it may be personal data."""
    where = ", ".join(".".join(map(str, e["loc"][2:] or e["loc"])) for e in error.errors)
    return _said(request, errors.BAD_BODY.error(where=where[:200]), 422)
