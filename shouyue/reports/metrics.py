"""The ledger of metrics: every number on a screen is one of these, with one definition that can be opened.

An entry says what is counted and over what. ``version`` goes up when a definition changes, so that a number of last
year can be told from one of this. Where the denominator is empty the value is None, shown as ``–``, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Unit = Literal["count", "money", "share", "days", "minutes", "label", "index"]


@dataclass(frozen=True)
class Metric:
    """``numerator`` over ``denominator`` for shares; a count or a sum has no denominator.

    ``clock`` is the day or moment at which it is taken; ``partial`` says how a partial payment counts.
    """

    id: str
    version: int
    unit: Unit
    zh: str
    en: str
    numerator_zh: str
    numerator_en: str
    denominator_zh: str = ""
    denominator_en: str = ""
    clock: Literal["live", "business_day", "month", "as_of"] = "as_of"
    partial: Literal["by_amount", "not_met", "none"] = "none"
    #: who is looked at, where numerator and denominator do not say it
    population_zh: str = ""
    population_en: str = ""

    def definition(self, lang: str) -> str:
        zh = lang.lower().startswith("zh")
        over = self.denominator_zh if zh else self.denominator_en
        return (self.numerator_zh if zh else self.numerator_en) + (f" / {over}" if over else "")


def share(numerator: int, denominator: int) -> Fraction | None:
    """The exact share, None where there is nothing to have a share of."""
    return Fraction(numerator, denominator) if denominator else None


def collection_effectiveness(
    begin_minor: int, sales_minor: int, months: int, end_total_minor: int, end_current_minor: int
) -> Fraction | None:
    """CEI in percent: (begin + sales/N - end total) / (begin + sales/N - end current) x 100. Amounts in one unit."""
    if months <= 0:
        return None
    owed = begin_minor + Fraction(sales_minor, months)
    below = owed - end_current_minor
    return (owed - end_total_minor) / below * 100 if below else None


def roll_rates(counts: list[list[int]]) -> list[list[Fraction | None]]:
    """The roll matrix from counts ``[from][to]``; each row with anything in it sums to 1."""
    return [[share(cell, sum(row)) for cell in row] for row in counts]


_TODAY = (
    Metric(
        "due",
        1,
        "money",
        "今日应跟进",
        "Due today",
        "今天要联系的案件（不含暂不联系的），金额为其逾期与将到期金额之和",
        "open cases to be contacted today, without those held; their overdue and due amounts",
        clock="live",
    ),
    Metric(
        "held",
        1,
        "count",
        "暂不联系",
        "Held",
        "开着但今天不联系的案件：承诺未到期、已提醒、暂停、有争议、已委外",
        "open cases nobody calls today: promise not yet due, reminded, paused, in dispute, with an agency",
        clock="live",
    ),
    Metric(
        "done",
        1,
        "share",
        "完成率",
        "Done",
        "今日应跟进中已完成的案件",
        "cases due today whose work is finished",
        "今日应跟进的案件",
        "cases due today",
        clock="live",
    ),
    Metric(
        "calls",
        1,
        "count",
        "联系次数",
        "Contacts",
        "今天已登记结果的联系",
        "contacts of today whose outcome is logged",
        clock="live",
    ),
    Metric(
        "reminded",
        1,
        "count",
        "已提醒",
        "Reminded",
        "今天以提醒为目的联系过的案件",
        "cases contacted today with the purpose of a reminder",
        clock="live",
    ),
    Metric(
        "reached",
        1,
        "count",
        "已联系到本人",
        "Reached",
        "今天联系到借款人本人的案件",
        "cases whose borrower was reached today",
        clock="live",
    ),
    Metric(
        "rpc_per_attempt",
        1,
        "share",
        "本人接通率",
        "Right party per attempt",
        "今天联系到本人的联系",
        "contacts of today that reached the borrower",
        "今天已登记结果的联系",
        "contacts of today whose outcome is logged",
        clock="live",
    ),
    Metric(
        "promised",
        2,
        "money",
        "今日承诺",
        "Promised today",
        "今天作出且此后未被替换或取消的承诺（按通话计）及金额",
        "promises made today and not ended since, counted by call, and their amounts",
        clock="live",
    ),
    Metric(
        "promise_rate",
        1,
        "share",
        "承诺率",
        "Promise rate",
        "今天作出承诺的本人通话",
        "conversations with the borrower today that gave a promise",
        "今天联系到本人的联系",
        "conversations with the borrower today",
        clock="live",
    ),
    Metric(
        "paid",
        1,
        "money",
        "已还款",
        "Paid",
        "上一发布日之后记账、属于在办案件的还款，减去冲正",
        "payments on the desk's cases booked since the day published before, less reversals",
        clock="business_day",
        partial="by_amount",
    ),
    Metric(
        "inflow",
        1,
        "money",
        "流入",
        "Inflow",
        "今天由提醒（或新开）进入催收的案件及逾期金额",
        "cases that came into collection today, from reminder or from nothing, and their overdue amounts",
        clock="business_day",
        partial="not_met",
    ),
    Metric(
        "kept_rate",
        1,
        "share",
        "守约率",
        "Kept rate",
        "今天判定为守约的承诺（按笔数）",
        "promises judged kept today, by count",
        "今天判定的承诺：守约、部分守约、爽约",
        "promises judged today: kept, part kept, broken",
        clock="business_day",
        partial="not_met",
    ),
    Metric(
        "kept_rate_amount",
        1,
        "share",
        "守约率（金额）",
        "Kept rate by amount",
        "今天判定的承诺中按约到账的金额",
        "money that came as promised, over promises judged today",
        "今天判定的承诺金额",
        "amounts promised, over promises judged today",
        clock="business_day",
        partial="by_amount",
    ),
    Metric(
        "unassigned",
        1,
        "money",
        "未分案",
        "Unassigned",
        "没有跟进人的在办案件及金额",
        "open cases without a rep, and their amounts",
        clock="live",
    ),
    Metric(
        "planned_minutes",
        1,
        "minutes",
        "计划工时",
        "Planned minutes",
        "今日应跟进案件的计划分钟数",
        "planned minutes of the cases due today",
        clock="live",
    ),
    Metric(
        "call_minutes",
        1,
        "minutes",
        "通话工时",
        "Minutes on calls",
        "今天各次联系从开始到登记结果的分钟数",
        "minutes from the start of today's contacts to their logged outcomes",
        clock="live",
    ),
)
_KPI = (
    Metric(
        "dpd",
        1,
        "days",
        "逾期天数",
        "Days past due",
        "先还最早一期；当日减去最早未还清一期的还款日，不小于 0",
        "payments meet the oldest due first; the day less the due date of the oldest one not fully met, at least 0",
        partial="not_met",
    ),
    Metric(
        "bucket",
        1,
        "label",
        "逾期阶段",
        "Bucket",
        "按逾期天数分段，界限见所用口径",
        "by days past due; the edges are the convention's",
        partial="not_met",
    ),
    Metric(
        "customer_dpd",
        1,
        "days",
        "客户逾期天数",
        "Customer days past due",
        "客户全部合同中最长的逾期天数",
        "the longest days past due over the person's loans",
        partial="not_met",
    ),
    Metric(
        "reminder_success",
        1,
        "share",
        "提醒成功率",
        "Reminder success",
        "已提醒并送达、且在还款日 24:00 前足额还清的期次",
        "instalments reminded and delivered that were paid in full by 24:00 on the due date",
        "全部已提醒并送达的期次",
        "all instalments reminded and delivered",
        clock="business_day",
        partial="not_met",
    ),
    Metric(
        "inflow_rate",
        1,
        "share",
        "流入率",
        "Inflow rate",
        "还款日为当日、到催收切点仍未还清的期次",
        "instalments due on the day that are unpaid at the collection cut-off",
        "还款日为当日的全部期次",
        "all instalments due on the day",
        clock="business_day",
        partial="not_met",
    ),
    Metric(
        "net_flow",
        1,
        "share",
        "迁徙率",
        "Net flow rate",
        "t 期末 M(n) 余额",
        "balance in M(n) at the end of t",
        "t-1 期末 M(n-1) 余额",
        "balance in M(n-1) at the end of t-1",
        clock="month",
        partial="by_amount",
    ),
    Metric(
        "roll_rate",
        1,
        "share",
        "滚动率",
        "Roll rate",
        "由 t-1 的 i 到 t 的 j",
        "from i at t-1 to j at t",
        "t-1 时在 i 的全部",
        "all in i at t-1",
        clock="month",
        partial="by_amount",
    ),
    Metric(
        "recovery",
        1,
        "share",
        "催回率",
        "Recovery rate",
        "催回的本金",
        "principal collected",
        "进入催收的本金",
        "principal that entered collection",
        clock="month",
        partial="by_amount",
    ),
    Metric(
        "cure",
        1,
        "share",
        "出催率",
        "Cure rate",
        "逾期天数回到 0 并保持观察期的客户",
        "back at 0 days past due and kept there for the days of probation",
        "期初逾期的客户",
        "late at the start",
        clock="month",
        partial="not_met",
    ),
    Metric(
        "connect",
        1,
        "share",
        "接通率",
        "Connect rate",
        "有人接听的拨打",
        "dialled and answered",
        "全部拨打",
        "dialled",
        clock="live",
    ),
    Metric(
        "cei",
        1,
        "index",
        "催收效率指数",
        "Collection effectiveness index",
        "（期初 + 新增/N − 期末总额）× 100",
        "(begin + sales/N - end total) x 100",
        "期初 + 新增/N − 期末未逾期额",
        "begin + sales/N - end current",
        clock="month",
        partial="by_amount",
    ),
    Metric(
        "complaint_rate",
        1,
        "share",
        "投诉率",
        "Complaint rate",
        "投诉数",
        "complaints",
        "每万次联系",
        "10,000 contacts",
        clock="month",
    ),
)

_ENROLLED_ZH = "试验入组的期次：还款日前一周内首次看到时仍未还清，且客户当时不在保护之列；不论有没有联系到"
_ENROLLED_EN = (
    "instalments enrolled in the experiment: still open when first seen within a week of the due date, the customer "
    "not protected on that day; whether or not anybody was reached"
)
_ARMS = (
    Metric(
        "paid_on_time",
        1,
        "share",
        "按时还清率",
        "Paid on time",
        "还款日 24:00 前足额还清的入组期次",
        "enrolled instalments paid in full by 24:00 on the due date",
        "还款日已过的入组期次",
        "enrolled instalments whose due date has passed",
        clock="business_day",
        partial="not_met",
        population_zh=_ENROLLED_ZH,
        population_en=_ENROLLED_EN,
    ),
    Metric(
        "unpaid_after",
        1,
        "share",
        "逾期未还率",
        "Still unpaid",
        "还款日后 N 天仍未还清的入组期次",
        "enrolled instalments not met in full N days after the due date",
        "还款日已过 N 天的入组期次",
        "enrolled instalments whose due date is more than N days past",
        clock="business_day",
        partial="not_met",
        population_zh=_ENROLLED_ZH,
        population_en=_ENROLLED_EN,
    ),
    Metric(
        "paid_within",
        1,
        "money",
        "期均回款",
        "Paid per instalment",
        "自入组至还款日后 N 天该合同的还款（减去冲正），每期以应还金额为限",
        "payments on the loan from enrolment to N days after the due date, less reversals, at most the instalment",
        "还款日已过 N 天的入组期次",
        "enrolled instalments whose due date is more than N days past",
        clock="business_day",
        partial="by_amount",
        population_zh=_ENROLLED_ZH,
        population_en=_ENROLLED_EN,
    ),
    Metric(
        "cured_within",
        1,
        "share",
        "流入后还清率",
        "Cured within N days",
        "催收切点未还清、还款日后 N 天内还清的入组期次",
        "enrolled instalments unpaid at the cut-off and met in full within N days of the due date",
        "催收切点未还清、还款日已过 N 天的入组期次",
        "enrolled instalments unpaid at the cut-off whose due date is more than N days past",
        clock="business_day",
        partial="not_met",
        population_zh="流入催收的入组期次；谁会流入本身受提醒影响，两组不能直接相比",
        population_en="enrolled instalments that flowed in; reminding changes who does, so the arms are not alike here",
    ),
)

_REASONS = (
    Metric(
        "late_reason",
        1,
        "count",
        "逾期原因",
        "Why late",
        "期间内在催收联系中说明过原因的案件，按最近说明的原因",
        "cases in which a reason was told in a collection contact of the period, by the reason told last",
    ),
    Metric(
        "late_reason_share",
        1,
        "share",
        "原因占比",
        "Share of a reason",
        "期间内最近说明为该原因的案件",
        "cases in which it is the reason told last in the period",
        "期间内说明过原因的案件",
        "cases in which a reason was told in the period",
    ),
    Metric(
        "late_reason_kept",
        1,
        "share",
        "该原因的守约率",
        "Kept rate by reason",
        "期间内在该原因的案件中作出、已判定为守约的承诺（按笔数）",
        "promises made in the period in cases of the reason and judged kept, by count",
        "其中已判定的承诺：守约、部分守约、爽约",
        "those of them that are judged: kept, part kept, broken",
        partial="not_met",
    ),
)

_ALL = (*_TODAY, *_KPI, *_ARMS, *_REASONS)
#: every metric by its id
METRICS: dict[str, Metric] = {m.id: m for m in _ALL}
assert len(METRICS) == len(_ALL), "two metrics share an id"
