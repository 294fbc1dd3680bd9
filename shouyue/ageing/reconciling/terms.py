"""The terms of a reconciliation and what they are called in Chinese and English: figures, states, causes.

Nothing is counted here, so that a page may speak of a reconciliation without the engine.
"""

from __future__ import annotations

from dataclasses import dataclass

#: figures a lender may state, as this room calls them: those of the table ``balances``
AMOUNTS = ("outstanding_minor", "principal_minor", "interest_minor", "fee_minor", "penalty_minor", "overdue_minor")
FIGURES = (*AMOUNTS, "dpd")
FIELDS = (*FIGURES, "bucket", "status")

#: how theirs and ours stand to each other. The last three are no difference: a loan of which they say nothing and that
#: owes nothing, one of which they speak of another day only, one of which they state no figure
STATES = ("agreed", "different", "only_theirs", "only_ours", "settled", "other_day", "no_figure")
DIFFERENCES = ("different", "only_theirs", "only_ours")

STATE = {
    "agreed": ("一致", "agreed"),
    "different": ("不一致", "different"),
    "only_theirs": ("仅对方有", "only theirs"),
    "only_ours": ("仅账册有", "only in the book"),
    "settled": ("无欠款且对方未列示", "nothing owed, not listed"),
    "other_day": ("对方只有别日的数据", "theirs is of another day"),
    "no_figure": ("对方无数值", "no figure of theirs"),
}
FIELD = {
    "outstanding_minor": ("欠款总额", "outstanding"),
    "principal_minor": ("本金", "principal"),
    "interest_minor": ("利息", "interest"),
    "fee_minor": ("费用", "fee"),
    "penalty_minor": ("罚息与滞纳金", "penalty"),
    "overdue_minor": ("逾期金额", "overdue"),
    "dpd": ("逾期天数", "days past due"),
    "bucket": ("阶段", "stage"),
    "status": ("状态", "state"),
}
SIDE = {"theirs": ("对方", "theirs"), "ours": ("账册", "ours")}
ABOUT = {
    "loan_id": ("合同号", "loan"),
    "customer_id": ("客户号", "customer"),
    "store": ("门店", "store"),
    "product": ("产品", "product"),
    "currency": ("币种", "currency"),
    "state": ("情况", "state"),
    "cause": ("可能原因", "likely cause"),
    "evidence": ("依据", "evidence"),
    "gap_minor": ("金额差", "difference"),
    "gap_days": ("天数差", "days"),
}


@dataclass(frozen=True)
class Cause:
    """``way`` marks ways of counting: what explains one loan so must not contradict the many that agree."""

    name: str
    zh: str
    en: str
    way: bool = False


#: what each cause is called
NAMES = {
    c.name: c
    for c in (
        Cause("due_day", "对方从还款日当天起计", "they count the due day itself", way=True),
        Cause("day_after", "对方晚一天起计", "they count from a day later", way=True),
        Cause("grace", "对方有宽限期", "they allow days of grace", way=True),
        Cause("pause", "暂停的处理不同", "pauses are treated otherwise", way=True),
        Cause("rule", "口径中一条规则不同", "one rule of the convention differs", way=True),
        Cause("convention", "对方用另一口径", "they count by another convention", way=True),
        Cause("closed", "放贷机构已结清，账册仍有欠款", "ended at the lender, still open by the book"),
        Cause("edges", "阶段划分不同，天数一致", "other edges of stages, same days"),
        Cause("status", "仅状态不同", "only the state differs"),
        Cause("rounding", "取整", "rounding"),
        Cause("principal_only", "对方余额只含本金", "their balance is principal only"),
        Cause("accrual", "对方利息按日计提", "they accrue interest by the day"),
        Cause("parts", "合计一致，分项不同", "the total agrees, its parts do not"),
        Cause("charge_unknown", "对方有而账册没有的罚息或滞纳金", "a charge of theirs that the book lacks"),
        Cause("waived", "对方已减免的费用", "a charge that they waived"),
        Cause("cut_off", "日切前后的还款", "a payment at the cut-off"),
        Cause("booked_later", "事后入账的还款", "a payment booked after the day"),
        Cause("reversed", "已冲正的还款，对方仍计入", "a reversed payment that they still count"),
        Cause("payment_lacking", "账册有、对方没有的还款", "a payment that they lack"),
        Cause("payment_unknown", "对方有、账册没有的还款", "a payment that the book lacks"),
        Cause("unexplained", "未找到原因", "no cause found"),
        Cause("not_examined", "超出上限，未逐笔查找", "not examined, beyond the limit"),
        Cause("quarantined", "合同在隔离区", "the loan is in quarantine"),
        Cause("not_in_book", "账册没有该合同", "the book does not have the loan"),
        Cause("opened_today", "当日放款，对方尚未列示", "paid out on the day, not listed yet"),
        Cause("ended_there", "放贷机构已结清，不再列示", "ended at the lender, not listed any more"),
        Cause("not_stated", "对方未列示", "they do not list it"),
    )
}
