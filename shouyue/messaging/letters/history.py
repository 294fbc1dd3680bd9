"""What happened in a case, for the borrower to read: who was contacted and what came of it, what was promised, agreed,
waived, disputed and paid, by day, and under which rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import override

from shouyue.base import money
from shouyue.casework.asking import zone_of
from shouyue.casework.concessions import states as waivers
from shouyue.casework.matters.kinds import kinds
from shouyue.casework.models import Case, Concession, Contact, Matter, Plan, Promise, Quote, TimelineEntry
from shouyue.compliance import pack
from shouyue.compliance.models import GateDecision
from shouyue.messaging.models import Letter, LetterEvent

STATES = {
    "zh": {
        "open": "未到期",
        "kept": "已履行",
        "part_kept": "部分履行",
        "broken": "未履行",
        "replaced": "已改约",
        "cancelled": "已取消",
        "active": "执行中",
    },
    "en": {
        "open": "open",
        "kept": "kept",
        "part_kept": "kept in part",
        "broken": "not kept",
        "replaced": "replaced",
        "cancelled": "cancelled",
        "active": "running",
    },
}
CHANNELS = {
    "zh": {
        "call": "致电",
        "voice": "智能语音",
        "visit": "外访",
        "sms": "短信",
        "email": "邮件",
        "letter": "信函",
        "push": "推送",
        "chat": "消息",
    },
    "en": {
        "call": "Call",
        "voice": "Automated call",
        "visit": "Visit",
        "sms": "Text message",
        "email": "E-mail",
        "letter": "Letter",
        "push": "Push message",
        "chat": "Chat message",
    },
}
#: what an agency says came of a contact
OUTCOMES = {
    "zh": {
        "not_connected": "未接通",
        "unanswered": "无人接听",
        "answered": "有人接听",
        "conversation": "与您通话",
        "wrong_number": "号码有误",
        "sent": "已发出",
    },
    "en": {
        "not_connected": "not connected",
        "unanswered": "no answer",
        "answered": "answered",
        "conversation": "spoke with you",
        "wrong_number": "wrong number",
        "sent": "sent",
    },
}
SAID = {
    "zh": {
        "inbound": "来电",
        "rang": "他人来电（未透露借款）",
        "you": "您本人",
        "agency": "（委外机构 {agency}）",
        "others": "（联系的是您以外的人，未透露借款）",
        "first_others": "（先由他人接听，未透露借款）",
        "beyond": "（事后判定不符合规则）",
        "letter": "寄出信函 {number}",
        "promise": "承诺于 {due} 还款 {amount}（{state}）",
        "plan": "分期计划：分 {count} 期还 {amount}（{state}）",
        "waiver": "减免 {amount}",
        "quote": "提前结清报价：最迟 {day} 付 {amount}（{state}）",
        "matter": "提出“{kind}”",
        "over": "“{kind}”处理完毕：{state}",
        "payment": "收到还款 {amount}",
        "reversal": "还款被冲正 {amount}",
        "join": "，",
    },
    "en": {
        "inbound": "Call from you",
        "rang": "Call from somebody else (nothing of the loan was told)",
        "you": "you in person",
        "agency": " (agency {agency})",
        "others": " (to somebody else; nothing of the loan was told)",
        "first_others": " (somebody else answered first; nothing of the loan was told)",
        "beyond": " (found afterwards to be against the rules)",
        "letter": "Letter {number} sent",
        "promise": "Promise to pay {amount} by {due} ({state})",
        "plan": "Payment plan: {amount} in {count} parts ({state})",
        "waiver": "Waived: {amount}",
        "quote": "Early settlement quote: {amount} by {day} ({state})",
        "matter": "{kind} raised",
        "over": "{kind} closed: {state}",
        "payment": "Received {amount}",
        "reversal": "Payment reversed: {amount}",
        "join": ", ",
    },
}
Row = tuple[str, str]


@dataclass(frozen=True)
class History:
    """``rows`` are day and sentence, in order; ``packs`` decided the ``contacts``, of which so many were found to be
    ``beyond`` them."""

    rows: list[list[str]]
    contacts: int
    packs: str
    beyond: int


def of(case: Case, lang: str) -> History:
    """``lang`` is zh or en."""
    contact = Q(kind=TimelineEntry.Kind.CONTACT) | Q(kind=TimelineEntry.Kind.LOST, data__outcome="sent")
    told = list(TimelineEntry.objects.filter(contact, case=case).order_by("at", "pk"))
    with override("zh-hans" if lang == "zh" else "en"):
        found = [
            *(_contact(case, entry, lang) for entry in told),
            *_letters(case, lang),
            *_agreed(case, lang),
            *_matters(case, lang),
            *_paid(case, lang),
        ]
    ids = [entry.data["decision"] for entry in told if entry.data.get("decision")]
    decided = list(GateDecision.objects.filter(pk__in=ids).values_list("pack", "allowed"))
    packs = sorted({name for name, _ in decided}) or [pack.active().name]
    rows = [list(row) for row in sorted(found, key=lambda row: row[0])]
    return History(rows, len(told), ", ".join(packs), sum(not allowed for _, allowed in decided))


def _day(case: Case, at: datetime) -> str:
    """The day on the borrower's own clock."""
    return at.astimezone(zone_of(case)).date().isoformat()


def _contact(case: Case, entry: TimelineEntry, lang: str) -> Row:
    data, said = entry.data, SAID[lang]
    others = data.get("relation") not in ("self", "guarantor", "", None) or data.get("reached") == Contact.Reached.OTHER
    if data.get("inbound"):
        head = said["rang"] if others else said["inbound"]
    else:
        head = CHANNELS[lang].get(data.get("channel", "call"), "")
    if data.get("agency"):
        head += said["agency"].format(agency=data["agency"])
    if data.get("line_taken_by") and data.get("reached") in (Contact.Reached.SELF, Contact.Reached.GUARANTOR):
        head += said["first_others"]
    elif others and not data.get("inbound"):
        head += said["others"]
    you = data.get("reached") == Contact.Reached.SELF
    what = [
        said["you"] if you else _label(Contact.Reached.choices, data.get("reached")),
        _label(Contact.Result.choices, data.get("result")),
        OUTCOMES[lang].get(data.get("outcome", ""), ""),
    ]
    words = said["join"].join(filter(None, (head, *what)))
    return _day(case, entry.at), words + (said["beyond"] if data.get("allowed") is False else "")


def _label(choices: Iterable[tuple[str, Any]], key: str | None) -> str:
    return next((str(label) for value, label in choices if value == key), "")


def _letters(case: Case, lang: str) -> list[Row]:
    sent = LetterEvent.objects.filter(letter__case=case, state=Letter.State.SENT).order_by("at", "pk")
    told = sent.values_list("at", "letter__number")
    return [(_day(case, at), SAID[lang]["letter"].format(number=number)) for at, number in told]


def _agreed(case: Case, lang: str) -> list[Row]:
    said, states = SAID[lang], STATES[lang]
    made: list[Row] = []
    for promise in Promise.objects.filter(case=case).order_by("made_on", "pk"):
        told: Mapping[str, Any] = {
            "due": promise.due_on.isoformat(),
            "amount": money.show(promise.amount_minor, promise.currency, lang),
            "state": states.get(promise.state, promise.state),
        }
        made.append((promise.made_on.isoformat(), said["promise"].format(**told)))
    for plan in Plan.objects.filter(case=case).order_by("made_on", "pk"):
        told = {
            "count": plan.instalments.count(),
            "amount": money.show(plan.total_minor, plan.currency, lang),
            "state": states.get(plan.state, plan.state),
        }
        made.append((plan.made_on.isoformat(), said["plan"].format(**told)))
    for quote in Quote.objects.filter(case=case).order_by("made_on", "pk"):
        told = {
            "day": quote.pay_by.isoformat(),
            "amount": money.show(quote.total_minor, quote.currency, lang),
            "state": str(quote.get_state_display()),  # type: ignore[attr-defined]
        }
        made.append((quote.made_on.isoformat(), said["quote"].format(**told)))
    for waiver in Concession.objects.filter(case=case, state__in=waivers.GRANTED).order_by("proposed_on", "pk"):
        minor = sum(waiver.parts.values_list("amount_minor", flat=True))
        amount = money.show(minor, waiver.currency, lang)
        made.append((waiver.proposed_on.isoformat(), said["waiver"].format(amount=amount)))
    return made


def _matters(case: Case, lang: str) -> list[Row]:
    told: list[Row] = []
    for matter in Matter.objects.filter(case=case).order_by("opened_at", "pk"):
        kind = kinds()[matter.kind].text(lang) if matter.kind in kinds() else matter.kind
        told.append((_day(case, matter.opened_at), SAID[lang]["matter"].format(kind=kind)))
        if matter.closed_on:
            state = str(matter.get_state_display())  # type: ignore[attr-defined]
            told.append((matter.closed_on.isoformat(), SAID[lang]["over"].format(kind=kind, state=state)))
    return told


def _paid(case: Case, lang: str) -> list[Row]:
    paid: list[Row] = []
    for entry in TimelineEntry.objects.filter(case=case, kind=TimelineEntry.Kind.PAYMENT).order_by("at", "pk"):
        data = entry.data
        amount = money.show(data.get("amount_minor", 0), data.get("currency", case.currency), lang)
        words = SAID[lang]["reversal" if data.get("reversal_of") else "payment"]
        paid.append((data.get("value_date") or _day(case, entry.at), words.format(amount=amount)))
    return paid
