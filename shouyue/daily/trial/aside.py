"""Who is not on the list although a strategy has work for him, and why: line by line, with the customers behind it.

| why | |
|---|---|
| ``ended:REASON`` | head office ended the work on him: the day opens no case (casework/ending.py) |
| ``placed:AGENCY`` | an agency works the case: the desk keeps it and shows it on nobody's list |
| ``matter:KIND`` | a matter stops calls for what the case is about, whether the strategy holds it or not |
| ``held`` | the strategy itself plans no contact: a promise runs, a pause, a hold-out |
| ``rule:RULE`` | a rule forbids a call all day |

Each case that is not to be worked has exactly one, so that cases, less these, are those to be worked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
from django.utils import translation

from shouyue.casework.matters.kinds import kinds
from shouyue.casework.models import Case

SIDES = ("was", "now")
HELD = "held"
#: in the order in which they are told
WHYS = ("ended", "placed", "matter", "held", "rule")
_HELD = {"zh": "策略安排今天不联系", "en": "the strategy plans no contact today"}


def ended(reason: str) -> str:
    return f"ended:{reason}"


def placed(agency: str) -> str:
    return f"placed:{agency}"


def matter(kind: str) -> str:
    return f"matter:{kind}"


def rule(id_: str) -> str:
    return f"rule:{id_}"


def marked(rows: pl.DataFrame, why: Mapping[str, str]) -> pl.DataFrame:
    """Rows (comparing.side_by_side) of customers on whom the work is ended, with the columns of ``Law.judge``."""
    reason = pl.col("customer_id").replace_strict(
        {customer: ended(reason) for customer, reason in why.items()}, default=None, return_dtype=pl.String
    )
    columns = []
    for side in SIDES:
        here = pl.col(f"{side}_phase").is_not_null()
        columns += [pl.lit(None, dtype=pl.String).alias(f"{side}_{name}") for name in ("law", "refused")]
        columns.append(pl.when(here).then(reason).alias(f"{side}_aside"))
    return rows.with_columns(columns)


def lines(rows: pl.DataFrame, gone: pl.DataFrame, of_rule: Callable[[str], Mapping[str, str]]) -> list[dict[str, Any]]:
    """How many on either side for each reason, in words: ``why``, ``zh``, ``en``, ``was``, ``now``.

    ``rows`` have a case; ``gone`` would have one, were the work on them not ended. ``of_rule`` gives a rule's words.
    """
    counts = {side: Counter(pl.concat([rows[f"{side}_aside"], gone[f"{side}_aside"]]).drop_nulls()) for side in SIDES}
    every = sorted(set().union(*counts.values()), key=lambda why: (WHYS.index(why.split(":")[0]), why))
    return [{"why": why, **words(why, of_rule), **{side: counts[side].get(why, 0) for side in SIDES}} for why in every]


def words(why: str, of_rule: Callable[[str], Mapping[str, str]]) -> dict[str, str]:
    """Why, in both languages."""
    what, _, of = why.partition(":")
    if what == "rule":
        said = of_rule(of)
        return {"zh": f"规则全天不允许：{said['zh']}", "en": f"a rule forbids calls all day: {said['en']}"}
    if what == "matter":
        kind = kinds().get(of)
        zh, en = (kind.text("zh"), kind.text("en")) if kind else (of, of)
        return {"zh": f"有未了事项，停止电话：{zh}", "en": f"a matter stops calls: {en}"}
    if what == "placed":
        return {"zh": f"已委托机构：{of}", "en": f"an agency works the case: {of}"}
    if what == "ended":
        zh, en = _reason(of)
        return {"zh": f"作业已终止：{zh}", "en": f"the work is ended: {en}"}
    return dict(_HELD)


def _reason(of: str) -> tuple[str, str]:
    found = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            found.append(str(Case.CloseReason(of).label) if of in Case.CloseReason.values else of)
    return found[0], found[1]
