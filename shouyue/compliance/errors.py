"""What the law's side of the desk refuses, in words."""

from __future__ import annotations

from shouyue.base.errors import Code

BAD_PACK = Code("GATE-001", zh="规则包 {pack}：{where} 有误：{what}", en="rule pack {pack}: {where} is wrong: {what}")
NO_PACK = Code(
    "GATE-002",
    zh="找不到规则包“{pack}”；现有：{known}",
    en="there is no rule pack '{pack}'; there are: {known}",
)
LOOSER = Code(
    "GATE-003",
    zh="机构规则 {rule} 比 {base} 宽松（{what}）；机构只能收紧，不能放宽",
    en="house rule {rule} is looser than {base} ({what}); a house may only tighten",
)
NO_ATTEMPT = Code("GATE-004", zh="没有联系尝试 {attempt}", en="there is no contact attempt {attempt}")
OTHER_QUESTION = Code(
    "GATE-005",
    zh="编号 {attempt} 已用于另一次联系，请用新的编号",
    en="the id {attempt} was used for another contact; take a new one",
)
UNKNOWN_CHANNEL = Code("GATE-006", zh="未知的联系方式“{channel}”", en="unknown channel '{channel}'")
BAD_FACT = Code(
    "GATE-007",
    zh="事实“{fact}”只能是 是/否、整数、日期或时刻，且不得含个人信息",
    en="fact '{fact}' must be yes or no, a whole number, a day or a moment, and no personal data",
)
NAIVE_MOMENT = Code("GATE-008", zh="时刻缺少时区", en="the moment has no time zone")
PACK_LOST = Code(
    "GATE-009",
    zh="决定 {decision} 所用的规则包 {digest} 已不在库中，无法重算",
    en="the rule pack {digest} of decision {decision} is not in the database, so it cannot be recomputed",
)
NO_DECISION = Code("GATE-010", zh="没有决定 {decision}", en="there is no decision {decision}")
NEEDS_TRANSACTION = Code(
    "GATE-011",
    zh="预留联系须在调用方的事务中进行",
    en="a contact is reserved inside the caller's transaction",
)

NOT_YET = Code(
    "GATE-012",
    zh="上报的联系时间在将来",
    en="a reported contact cannot lie in the future",
)
BAD_WISH = Code(
    "GATE-013",
    zh="意愿登记的“{field}”有误",
    en="'{field}' of what was said is wrong",
)

PERSONAL_KEY = Code(
    "AUDIT-001",
    zh="审计记录不得含个人信息：字段“{key}”",
    en="an audit entry holds no personal data: field '{key}'",
)
BAD_VALUE = Code(
    "AUDIT-002",
    zh="审计记录的字段“{key}”类型不可用：{kind}",
    en="field '{key}' of an audit entry cannot be a {kind}",
)
BAD_SUBJECT = Code(
    "AUDIT-003",
    zh="审计对象应写作“类型:编号”",
    en="the subject of an audit entry is written as type:id",
)
BAD_ROOT = Code(
    "AUDIT-004",
    zh="“{text}”不是封存的根，应写作 HASH@SEQ",
    en="'{text}' is not a sealed root; write HASH@SEQ",
)
