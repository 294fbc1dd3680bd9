"""What a letter says of a case, as text, fixed at the moment it is made."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from shouyue.base import money, settings
from shouyue.casework.house import house
from shouyue.casework.masking import mask_id
from shouyue.casework.models import Case, Contact, Promise, TimelineEntry
from shouyue.compliance import pack
from shouyue.messaging.letters.template import Template

ENDED = {
    "zh": {"open": "尚未结束", "closed": "于 {day} 结束"},
    "en": {"open": "it has not ended", "closed": "it ended on {day}"},
}
ACCOUNT = {"zh": "（尾号 {}）", "en": " (ending {})"}
STATES = {
    "zh": {"open": "未到期", "kept": "已履行", "part_kept": "部分履行", "broken": "未履行", "replaced": "已改约"},
    "en": {"open": "open", "kept": "kept", "part_kept": "kept in part", "broken": "not kept", "replaced": "replaced"},
}
SAID = {
    "zh": {
        "contact": "电话联系",
        "promise": "承诺于 {due} 还款 {amount}（{state}）",
        "payment": "收到还款 {amount}",
        "reversal": "还款被冲正 {amount}",
    },
    "en": {
        "contact": "Call",
        "promise": "Promise to pay {amount} by {due} ({state})",
        "payment": "Received {amount}",
        "reversal": "Payment reversed: {amount}",
    },
}


def content(case: Case, template: Template, language: str, today: date) -> dict[str, Any]:
    """Title, address, sentences and tables of the letter, ready to be drawn. Amounts and days are text already."""
    lang = "zh" if language.startswith("zh") else "en"
    words = template.words(lang)
    customer = case.customer
    loans = sorted(customer.loans.all(), key=lambda loan: (-loan.dpd, loan.loan_id))
    values = _values(case, loans, lang, today)
    return {
        "lang": "zh-Hans" if lang == "zh" else "en",
        "sender": values["lender"],
        "name": customer.name,
        "address": [line for line in (customer.city, customer.address) if line],
        "id_number": mask_id(customer.id_number),
        "title": words.title,
        "greeting": words.greeting.format_map(values),
        "paragraphs": [line.format_map(values) for line in words.paragraphs],
        "closing": words.closing.format_map(values),
        "made_on": today.isoformat(),
        "loans": [
            {
                "contract": loan.loan_id,
                "bought": " ".join(filter(None, (loan.product, loan.goods))) or "–",
                "on": loan.opened_on.isoformat() if loan.opened_on else "–",
                "dpd": str(max(loan.dpd, 0)),
                "overdue": money.show(loan.overdue_minor, loan.currency, lang),
                "owed": money.show(loan.outstanding_minor, loan.currency, lang),
            }
            for loan in loans
            if loan.outstanding_minor or template.history
        ],
        "history": _history(case, lang) if template.history else [],
        "claimed_minor": claimed_minor(case),
    }


def claimed_minor(case: Case) -> int:
    """What a letter asks for: what is late, or before that what is due next."""
    return case.overdue_minor if case.phase == "collection" else case.due_minor


def _values(case: Case, loans: list, lang: str, today: date) -> dict[str, str]:
    """Everything a template may name."""
    oldest = min((loan.oldest_unpaid_due for loan in loans if loan.oldest_unpaid_due), default=None)
    account = next((loan.debit_account for loan in loans if loan.debit_account), "")
    ended = ENDED[lang]["closed" if case.closed_on else "open"].format(day=case.closed_on)
    return {
        "name": case.customer.name or case.customer.customer_id,
        "lender": settings.lender(),
        "as_of": case.as_of.isoformat(),
        "dpd": str(max(case.dpd, 0)),
        "overdue": money.show(case.overdue_minor, case.currency, lang),
        "owed": money.show(
            sum(loan.outstanding_minor for loan in loans if loan.currency == case.currency), case.currency, lang
        ),
        "pay_by": (today + timedelta(days=house().suggested_days)).isoformat(),
        "account": ACCOUNT[lang].format(account[-4:]) if account else "",
        "oldest": oldest.isoformat() if oldest else "–",
        "made_on": today.isoformat(),
        "due_date": case.next_due.isoformat() if case.next_due else "–",
        "amount": money.show(case.due_minor, case.currency, lang),
        "opened_on": case.opened_on.isoformat(),
        "ended": ended,
        "contacts": str(Contact.objects.filter(case=case).count()),
        "pack": pack.active().name,
    }


def _history(case: Case, lang: str) -> list[list[str]]:
    """What was said, promised and paid, by day."""
    said = SAID[lang]
    rows: list[tuple[str, str]] = [
        (f"{at:%Y-%m-%d}", said["contact"])
        for at in Contact.objects.filter(case=case).values_list("business_day", flat=True)
    ]
    for promise in Promise.objects.filter(case=case).order_by("made_on", "pk"):
        told = {
            "due": promise.due_on.isoformat(),
            "amount": money.show(promise.amount_minor, promise.currency, lang),
            "state": STATES[lang].get(promise.state, promise.get_state_display()),
        }
        rows.append((promise.made_on.isoformat(), said["promise"].format(**told)))
    payments = TimelineEntry.objects.filter(case=case, kind=TimelineEntry.Kind.PAYMENT).order_by("at", "pk")
    for entry in payments:
        data = entry.data
        amount = money.show(data.get("amount_minor", 0), data.get("currency", case.currency), lang)
        words = said["reversal" if data.get("reversal_of") else "payment"]
        rows.append((data.get("value_date") or f"{entry.at:%Y-%m-%d}", words.format(amount=amount)))
    return [list(row) for row in sorted(rows)]
