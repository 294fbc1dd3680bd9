"""What a letter says of a case, as text, fixed at the moment it is made."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils.translation import override

from shouyue.base import money, settings
from shouyue.casework.house import house
from shouyue.casework.masking import mask_id
from shouyue.casework.models import Case, Quote
from shouyue.casework.quotes import quoting as quotes
from shouyue.messaging import errors
from shouyue.messaging.letters import addressing, history
from shouyue.messaging.letters.template import Template

ENDED = {
    "zh": {"open": "尚未结束", "closed": "于 {day} 结束（{why}）"},
    "en": {"open": "it has not ended", "closed": "it ended on {day} ({why})"},
}
ACCOUNT = {"zh": "（尾号 {}）", "en": " (ending {})"}
COMPONENTS = {
    "zh": {
        "principal": "本金",
        "interest": "利息",
        "fee": "合同费用",
        "penalty": "罚息",
        "late_fee": "滞纳金",
        "settlement_fee": "提前结清手续费",
    },
    "en": {
        "principal": "Principal",
        "interest": "Interest",
        "fee": "Contract fees",
        "penalty": "Penalty interest",
        "late_fee": "Late fees",
        "settlement_fee": "Fee for settling early",
    },
}
BEYOND = {
    "zh": "，其中 {count} 次事后判定不符合规则",
    "en": "; {count} of them were found afterwards to be against the rules",
}


def content(case: Case, template: Template, language: str, today: date) -> dict[str, Any]:
    """Title, address, sentences and tables of the letter, ready to be drawn. Amounts and days are text already."""
    lang = "zh" if language.startswith("zh") else "en"
    words = template.words(lang)
    customer = case.customer
    loans = sorted(customer.loans.all(), key=lambda loan: (-loan.dpd, loan.loan_id))
    told = history.of(case, lang) if template.history else None
    offered = list(quotes.standing(case).prefetch_related("parts")) if template.quotes else []
    if template.quotes and not offered:
        raise errors.NO_QUOTE.error()
    values = _values(case, loans, lang, today) | (_told(told, lang) if told else {}) | _settling(offered, lang)
    return {
        "lang": "zh-Hans" if lang == "zh" else "en",
        "sender": values["lender"],
        "name": customer.name,
        "address": addressing.lines(customer),
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
            if (loan.outstanding_minor or template.history) and not template.quotes
        ],
        "quotes": [_quote(one, lang) for one in offered],
        "history": told.rows if told else [],
        "claimed_minor": claimed_minor(case),
    }


def _quote(quote: Quote, lang: str) -> dict[str, Any]:
    """One contract: its components, their sum, the day. Told as the quote was made."""
    return {
        "id": str(quote.pk),
        "contract": quote.loan_number,
        "settle_by": quote.pay_by.isoformat(),
        "parts": [
            [
                COMPONENTS[lang][part.component],
                *(
                    money.show(minor, quote.currency, lang)
                    for minor in (part.contract_minor, part.contract_minor - part.amount_minor, part.amount_minor)
                ),
            ]
            for part in sorted(quote.parts.all(), key=lambda part: list(COMPONENTS[lang]).index(part.component))
            if part.contract_minor or part.amount_minor
        ],
        "total": money.show(quote.total_minor, quote.currency, lang),
        "terms": quote.terms.get(lang, ""),
    }


def _settling(offered: list[Quote], lang: str) -> dict[str, str]:
    """The sum of all quotes, by currency, and the first day."""
    if not offered:
        return {}
    sums: dict[str, int] = {}
    for quote in offered:
        sums[quote.currency] = sums.get(quote.currency, 0) + quote.total_minor
    return {
        "total": " + ".join(money.show(minor, currency, lang) for currency, minor in sums.items()),
        "settle_by": min(quote.pay_by for quote in offered).isoformat(),
    }


def claimed_minor(case: Case) -> int:
    """What a letter asks for: what is late, or before that what is due next."""
    return case.overdue_minor if case.phase == "collection" else case.due_minor


def _values(case: Case, loans: list, lang: str, today: date) -> dict[str, str]:
    """Everything a template may name."""
    oldest = min((loan.oldest_unpaid_due for loan in loans if loan.oldest_unpaid_due), default=None)
    account = next((loan.debit_account for loan in loans if loan.debit_account), "")
    with override("zh-hans" if lang == "zh" else "en"):
        why = str(case.get_close_reason_display())  # type: ignore[attr-defined]
    ended = ENDED[lang]["closed" if case.closed_on else "open"].format(day=case.closed_on, why=why)
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
    }


def _told(told: history.History, lang: str) -> dict[str, str]:
    """What a statement may name besides: how often one was in contact, and by which rules."""
    return {
        "contacts": str(told.contacts),
        "pack": told.packs,
        "beyond": BEYOND[lang].format(count=told.beyond) if told.beyond else "",
    }
