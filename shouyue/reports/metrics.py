"""The metric ledger: one definition for each number, which every page that shows the number opens.

A definition never changes under its version: a new meaning is a new version, so that last year's figure keeps
its sense.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """``clock`` says which moment decides the day a row belongs to; ``part`` and ``whole`` are a rate's two halves."""

    id: str
    version: int
    unit: Literal["cases", "calls", "promises", "payments", "rate", "minutes"]
    zh: str
    en: str
    definition_zh: str
    definition_en: str
    clock: str
    part: str = ""
    whole: str = ""

    def name(self, lang: str) -> str:
        return self.zh if lang.startswith("zh") else self.en

    def definition(self, lang: str) -> str:
        return self.definition_zh if lang.startswith("zh") else self.definition_en


def rate(part: int, whole: int) -> Fraction | None:
    """The exact share; None where there is nothing to divide by, shown as ``–`` and never as 0."""
    return Fraction(part, whole) if whole else None


LEDGER: dict[str, Metric] = {
    metric.id: metric
    for metric in (
        Metric(
            "due",
            1,
            "cases",
            "今日应做",
            "To work today",
            "今日名单中需要联系的在办案件（不含策略要求等待的），按案件计；金额为催收案件的逾期金额与提醒案件的应还金额之和。",
            "Open cases on the day's list that need a contact (those the strategy holds are left out), by case; the "
            "amount is what is overdue in collection and what falls due in reminder.",
            "published day",
        ),
        Metric(
            "reminded",
            1,
            "cases",
            "已提醒",
            "Reminded",
            "今日至少有一次已登记的提醒通话、且接通本人或担保人的案件数。",
            "Cases with at least one logged reminder call of the day that reached the borrower or a guarantor.",
            "business day of the call",
        ),
        Metric(
            "reached",
            1,
            "cases",
            "接通本人",
            "Reached",
            "今日至少有一次已登记通话接通本人的案件数；分母为今日有已登记通话的案件数。",
            "Cases in which a logged call of the day reached the borrower; out of the cases with a logged call.",
            "business day of the call",
            "reached",
            "called",
        ),
        Metric(
            "promised",
            1,
            "promises",
            "承诺还款",
            "Promised",
            "今日作出且未被新承诺替代的承诺，按笔数和金额。",
            "Promises made on the day and not replaced by a newer one, by number and amount.",
            "day the promise was made",
        ),
        Metric(
            "promise_rate",
            1,
            "rate",
            "承诺率",
            "Promise rate",
            "接通本人的案件中得到承诺的案件占比。",
            "Cases that gave a promise, out of the cases in which the borrower was reached.",
            "business day of the call",
            "promised",
            "reached",
        ),
        Metric(
            "paid",
            1,
            "payments",
            "已还款",
            "Paid",
            "上一发布日之后至本日，在办案件入账的还款，冲正已扣除；以放贷机构的数据为准。",
            "Payments on the desk's cases booked since the day published before, net of reversals; the lender's data.",
            "booking day",
        ),
        Metric(
            "inflow",
            1,
            "cases",
            "流入",
            "Inflow",
            "今日由提醒转入催收、或直接进入催收的案件，按案件数和逾期金额。",
            "Cases that came into collection on the day, from reminder or directly, by number and overdue amount.",
            "published day",
        ),
        Metric(
            "kept",
            1,
            "promises",
            "守约率",
            "Kept",
            "今日判定的承诺中，在[作出日, 到期日+宽限]内还款达到承诺金额×容差的占比，按笔数。",
            "Promises judged on the day in which the money paid in [made, due + grace] reached tolerance × promised; "
            "out of all judged on the day, by number.",
            "day of the judgement",
            "kept",
            "judged",
        ),
        Metric(
            "done",
            1,
            "cases",
            "完成率",
            "Done",
            "今日应做案件中当日工作已完成的占比。",
            "Cases of the day's list whose work for the day is finished.",
            "published day",
            "done",
            "due",
        ),
    )
}
