"""A trial as sheets of plain values: for a workbook, a file of lines, or a terminal.

Headings are in both languages, as a sheet leaves the product and meets either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from shouyue.base import money
from shouyue.daily.trial.comparing import FIELDS, MOVES
from shouyue.daily.trial.run import GROUPS, Trial
from shouyue.reports import workbook
from shouyue.reports.workbook import Sheet
from shouyue.strategy.differing import Difference

WORDS = {
    "customer_id": "客户号 customer",
    "change": "变化 change",
    "moved": "变动项 moved",
    "store": "门店 store",
    "phase": "阶段 phase",
    "segment": "客群 segment",
    "stage": "进程 stage",
    "treatment": "处理方式 treatment",
    "band": "优先级带 band",
    "priority": "优先级 priority",
    "best_time": "最佳时段 best time",
    "minutes": "分钟 minutes",
    "hold": "暂不联系 hold",
    "left_alone": "对照组 held out",
    "rule": "依据行 rows",
    "lead_loan": "主合同 leading loan",
    "currency": "币种 currency",
    "dpd": "逾期天数 days late",
    "overdue_minor": "逾期金额 overdue",
    "due_minor": "到期金额 due",
    "next_due": "下一还款日 next due",
    "reason_zh": "理由",
    "reason_en": "reason",
    "law": "法规 law",
    "refused": "不允许的规则 refused by",
    "aside": "不在名单 not on the list",
    "cases": "案件 cases",
    "worked": "要联系 to be worked",
    "in": "新增 in",
    "out": "减少 out",
    "same": "不变 same",
    "reps": "人数 reps",
    "capacity": "额定分钟 capacity",
    "over": "超出额定 beyond capacity",
    "value": "",
}
SIDE = {"was": "原 before", "now": "新 after"}
CHANGE = {"in": "新增 in", "out": "减少 out", "moved": "变动 moved", "same": "不变 same"}
VERDICT = {
    "allowed": "计划时段可联系 allowed at the planned hours",
    "other_hours": "仅其他时段可联系 only at other hours",
    "blocked": "全天不可联系 blocked all day",
    "no_number": "无本人号码 no number of his own",
}
STATE = {
    "late_1_7": "逾期1–7天 1–7 days late",
    "late_8_30": "逾期8–30天 8–30 days late",
    "late_31_60": "逾期31–60天 31–60 days late",
    "late_61_90": "逾期61–90天 61–90 days late",
    "late_91_180": "逾期91–180天 91–180 days late",
    "late_181": "逾期181天以上 181 days late or more",
    "due_0_2": "0–2天内到期 due in 0–2 days",
    "due_3_7": "3–7天内到期 due in 3–7 days",
}
LIST = {
    "was": "原名单 the list before",
    "now": "新名单 the list after",
    "both": "两边都有 on both",
    "only_was": "只在原名单 only before",
    "only_now": "只在新名单 only after",
}
STATUS = {
    "same": "不变 same",
    "moved": "移动 moved",
    "changed": "修改 changed",
    "added": "新增 added",
    "removed": "删除 removed",
}
#: what the estimate of cash is, and what it is not
CASH_ZH = (
    "本账册过去 {months} 个 {days} 天里，同状态的合同在 {days} 天内还了多少，就按多少估算今天的名单；"
    "区间为 95% 预测区间。这不是联系带来的效果：这些钱大多不联系也会还，被联系的人本来就更可能逾期。"
    "联系究竟增加多少，只有长期对照组能说明。"
)
CASH_EN = (
    "What loans in the same state paid within {days} days in this book's last {months} periods of {days} days, put on "
    "today's lists; the limits are a 95 % prediction interval. This is no effect of calling: most of this money comes "
    "uncalled, and who is called was likely to be late to begin with. Only a hold-out tells what calling adds."
)
#: of when what the desk knows is, and what its history does not hold
KNOWN_ZH = (
    "以当日早晨所知为准：承诺、联系、事项、意愿、终止与委托；每个号码是谁的、是否停用或不是本人的、其使用人是否知情、担保人是否受合同约束。"
    "以现在为准：员工工时。历史没有留下的：之后改约的回电时间不计；当日账册已没有的号码，取贷款机构资料最后的说法。"
)
KNOWN_EN = (
    "As known on the morning of the day: promises, contacts, matters, wishes, ended work and placements; of numbers "
    "whose they are, whether in service, whether the holder knows of the loan and whether a guarantor is bound. As of "
    "now: the minutes of the reps. What history does not hold: a time to call back that was changed since does not "
    "count; of a number that the book of the day no longer has, the lender's last word counts."
)


def summary_sheets(summary: Mapping[str, Any]) -> Iterator[Sheet]:
    """Everything but the customers."""
    yield _inputs(summary)
    yield _totals(summary)
    yield _aside(summary)
    for name in GROUPS:
        yield _group(name, summary["by"][name])
    yield _workload(summary)
    yield from _law(summary)
    yield from _cash(summary)
    yield _rows(summary)
    yield _flows(summary)


def case_columns() -> list[str]:
    sides = [f"{side}_{n}" for n in (*FIELDS, "law", "refused", "aside") for side in ("was", "now")]
    return ["customer_id", "change", "moved", *sides]


def case_head() -> list[str]:
    return [_heading(name) for name in case_columns()]


def _heading(name: str) -> str:
    side, _, field = name.partition("_")
    return f"{SIDE[side]} · {WORDS[field]}" if side in SIDE and field in WORDS else WORDS[name]


def case_rows(trial: Trial) -> Iterator[list[Any]]:
    """The customers with a case on either side, then those on whom the work is ended, in ``case_columns``; amounts
    exact, in major units."""
    names = case_columns()
    amounts = [(n, names.index(n), names.index(f"{n[:3]}_currency")) for n in names if n.endswith("_minor")]
    rows = pl.concat([trial.cases().select(names), trial.ended().select(names)])
    rows = rows.with_columns(pl.col("moved").list.join(" ")).collect()
    for row in rows.iter_rows():
        line = list(row)
        for _, at, currency in amounts:
            if line[at] is not None:
                line[at] = money.from_minor(line[at], line[currency])
        yield line


# ---------------------------------------------------------------- sheets of the sums
def _inputs(summary: Mapping[str, Any]) -> Sheet:
    given = summary["inputs"]
    rows: list[Sequence[Any]] = []
    for key, value in given.items():
        if isinstance(value, Mapping):
            rows += [[f"{key} {k}", v] for k, v in value.items()]
        else:
            rows.append([key, "" if value is None else value])
    if given["desk"]:
        rows += [["所知 known", KNOWN_ZH], ["", KNOWN_EN]]
    return Sheet("依据 inputs", ["项 key", "值 value"], rows)


def _totals(summary: Mapping[str, Any]) -> Sheet:
    t = summary["totals"]
    rows = [[WORDS[n], t[f"was_{n}"], t[f"now_{n}"]] for n in ("cases", "worked", "minutes")]
    rows += [[CHANGE[n], "", t[n]] for n in CHANGE]
    rows += [
        ["要联系的新增 to be worked, in", "", t["worked_in"]],
        ["要联系的减少 to be worked, out", "", t["worked_out"]],
    ]
    rows += [[f"{CHANGE['moved']}: {WORDS[n]}", "", t[f"moved_{n}"]] for n in MOVES]
    return Sheet("合计 totals", ["", SIDE["was"], SIDE["now"]], rows)


def _aside(summary: Mapping[str, Any]) -> Sheet:
    rows = [[one["why"], one["zh"], one["en"], one["was"], one["now"]] for one in summary.get("aside", ())]
    return Sheet("不在名单 not on the list", ["", "说明", "words", *SIDE.values()], rows)


def _group(name: str, lines: list[dict[str, Any]]) -> Sheet:
    keys = ("was_cases", "now_cases", "in", "out", "was_worked", "now_worked", "was_minutes", "now_minutes")
    rows = [[line["value"] or "–", *(line[k] for k in keys)] for line in lines]
    return Sheet(f"按{WORDS[name]}", [WORDS[name], *(_heading(k) for k in keys)], rows)


def _workload(summary: Mapping[str, Any]) -> Sheet:
    keys = ("reps", "capacity", "was_worked", "now_worked", "was_minutes", "now_minutes", "was_over", "now_over")
    rows = [[line["store"], *(line[k] for k in keys)] for line in summary["workload"]]
    return Sheet("工作量 workload", [WORDS["store"], *(_heading(k) for k in keys)], rows)


def _law(summary: Mapping[str, Any]) -> Iterator[Sheet]:
    said = summary["law"]
    verdicts = [[VERDICT[v], *(said[s]["verdicts"][v] for s in SIDE)] for v in VERDICT]
    yield Sheet("法规 law", [f"{said['pack']}  {said['hours']}", *SIDE.values()], verdicts)
    rules: dict[str, list[Any]] = {}
    for at, side in enumerate(SIDE):
        for one in said[side]["rules"]:
            line = rules.setdefault(
                one["rule"], [one["rule"], one["zh"], one["en"], one["source_zh"], one["source_en"], 0, 0, 0, 0]
            )
            line[5 + at], line[7 + at] = one["refused"], one["blocked"]
    head = ["规则 rule", "说明", "words", "出处", "source"]
    head += [f"{w} · 计划时段不允许 refused at the planned hours" for w in SIDE.values()]
    head += [f"{w} · 全天不允许 blocked all day" for w in SIDE.values()]
    yield Sheet("法规规则 rules", head, list(rules.values()))


def _cash(summary: Mapping[str, Any]) -> Iterator[Sheet]:
    found = summary["cash"]
    months = {"days": found["days"], "months": len(found["starts"])}
    lists, rates = [], []
    for currency, one in found["currencies"].items():
        for name, words in LIST.items():
            e = one["lists"][name]
            amounts = [e[k] for k in ("stake_minor", "low", "middle", "high", "unknown_minor")]
            lists.append([words, currency, *(None if a is None else money.from_minor(a, currency) for a in amounts)])
        for line in [*one["rates"], *one["by_reached"]]:
            reached = {None: "", True: "通过话 spoken to", False: "未通话 not spoken to"}[line.get("reached")]
            amounts = [money.from_minor(line[k], currency) for k in ("stake_minor", "paid_minor")]
            share = line["paid_minor"] / line["stake_minor"] if line["stake_minor"] else None
            rates.append([STATE[line["state"]], reached, currency, line["loans"], line["paid_any"], *amounts, share])
    head = ["名单 list", "币种 currency", "逾期与将到期 at stake", "下限 low", "估计 estimate", "上限 high"]
    head += ["其中无经验可循 of it without experience"]
    yield Sheet("预计回款 cash", head, [*lists, [CASH_ZH.format(**months)], [CASH_EN.format(**months)]])
    head = ["状态 state", "联系 contact", "币种 currency", "合同 loans", "有还款 paid anything", "应还 at stake"]
    yield Sheet("还款经验 experience", [*head, "已还 paid", "比例 share"], rates)


def _rows(summary: Mapping[str, Any]) -> Sheet:
    found = Difference.from_json(summary["difference"])
    rows: list[Sequence[Any]] = [
        ["", k.section, k.key, STATUS["changed"], "", "", "", k.was, k.now, *k.in_words] for k in found.keys
    ]
    for one in found.rows:
        place = [one.table, "", one.row, STATUS[one.status], one.was, one.now]
        rows += [[*place, c.column, c.was, c.now, *c.in_words] for c in one.cells] or [[*place, *[""] * 5]]
    head = ["表 table", "部分 section", "行 row", "状态 status", "原位置 place before", "新位置 place after"]
    return Sheet("改动 changes", [*head, "列 column", "原 before", "新 after", "说明", "in words"], rows)


def _flows(summary: Mapping[str, Any]) -> Sheet:
    rows = list(zip(*(summary["flows"][k] for k in ("table", "was", "now", "loans")), strict=True))
    return Sheet("行流向 flows", ["表 table", "原行 row before", "新行 row after", "合同 loans"], rows)


# ---------------------------------------------------------------- a workbook
def write_workbook(trial: Trial, path: Path) -> None:
    """The sums and the customers as XLSX."""
    workbook.write(path, [*summary_sheets(trial.summary), Sheet("客户 customers", case_head(), case_rows(trial))])
