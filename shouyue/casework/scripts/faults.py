"""What can be wrong with a script, in words that say what to do."""

from __future__ import annotations

from shouyue.base.errors import Code
from shouyue.casework.errors import Invalid
from shouyue.releases.kinds import Remark, Severity

UNUSABLE = Code(
    "SCRIPT-001",
    zh="话术 {name} 有 {count} 处错误：{first_zh}",
    en="script {name} has {count} error(s): {first_en}",
    kind=Invalid,
)
NO_TOML = Code("SCRIPT-002", zh="不是合法的 TOML：{why}", en="it is not TOML: {why}")
SHAPE = Code("SCRIPT-003", zh="“{key}”缺失、多余或类型不对", en="'{key}' is missing, unknown or of a wrong type")
TWICE = Code("SCRIPT-004", zh="编号“{key}”用了两次", en="the id '{key}' is used twice")
NO_VALUE = Code(
    "SCRIPT-005", zh="没有变量 {{{key}}}；可用：{known}", en="there is no variable {{{key}}}; there are: {known}"
)
BRACES = Code(
    "SCRIPT-006", zh="花括号不成对或变量写法不对", en="the braces do not pair, or a variable is written wrong"
)
NO_OUTCOME = Code("SCRIPT-007", zh="环节“{key}”没有可勾选的结果", en="the element '{key}' has no outcome to tick")
UNREACHABLE = Code("SCRIPT-008", zh="“{key}”永远不会出现", en="'{key}' can never come up")
NO_FACT = Code(
    "SCRIPT-009", zh="条件里没有“{key}”这一项，或取值不对", en="a condition cannot ask '{key}', or not with this value"
)
WORDING = Code("SCRIPT-010", zh="用语违规：{why_zh}（{source_zh}）", en="forbidden wording: {why_en} ({source_en})")
DISCLOSES = Code(
    "SCRIPT-011",
    zh="变量 {{{key}}} 会向第三人泄露贷款",
    en="the variable {{{key}}} would disclose the loan to a third person",
)
NEEDED = Code(
    "SCRIPT-012",
    zh="“{key}”是兜底话术，不能有条件",
    en="'{key}' is what is said where nothing else fits; it can have no condition",
)
EMPTY = Code("SCRIPT-014", zh="“{key}”是空的", en="'{key}' is empty")
FEW_TEXTS = Code("SCRIPT-015", zh="话术没有环节", en="the script has no elements")

OTHER_ID = Code("SCRIPT-016", zh="id 是“{have}”，应为“{want}”", en="the id is '{have}'; it must be '{want}'")
NEEDED_FOR = Code(
    "SCRIPT-017",
    zh="“{key}”是兜底话术，须用于：{zh}",
    en="'{key}' is what is said where nothing else fits; it must be for: {en}",
)
NOT_THEIRS = Code(
    "SCRIPT-018",
    zh="条件不能用“{key}”：这是借款人面谈时说的，只用于对他本人的话术",
    en="only a borrower's script can ask '{key}': he said it of himself",
)
NO_ELEMENT = Code(
    "SCRIPT-019", zh="条件所问的环节“{key}”不存在", en="the condition asks of '{key}', and there is no such element"
)
LATER = Code(
    "SCRIPT-020",
    zh="条件所问的环节“{key}”不在它前面",
    en="the condition asks of '{key}', which does not come before it",
)
NO_SUCH_OUTCOME = Code(
    "SCRIPT-021",
    zh="条件所问的环节“{key}”没有结果“{outcome}”",
    en="the condition asks whether '{key}' was ticked with '{outcome}', and it has no such outcome",
)
NO_RESULT = Code(
    "SCRIPT-022",
    zh="结果“{outcome}”对应的通话结果“{result}”在这类通话里没有",
    en="'{outcome}' gives the call the result '{result}', and such a call has none of that name",
)
NOT_FOR = Code(
    "SCRIPT-023",
    zh="变量 {{{key}}} 不用于这类人的话术；可用：{known}",
    en="the variable {{{key}}} is not for whom this script is for; there are: {known}",
)

_DO = {
    NO_TOML.id: ("按 docs/scripts.md 的样子写", "write it as docs/scripts.md shows"),
    SHAPE.id: ("对照 docs/scripts.md 改正", "mend it after docs/scripts.md"),
    NO_VALUE.id: ("改用列出的变量", "use one of those"),
    NOT_FOR.id: ("改用列出的变量", "use one of those"),
    DISCLOSES.id: ("只用 {name} 和 {staff}", "use {name} and {staff} only"),
    NOT_THEIRS.id: ("删去这个条件", "delete this condition"),
    NO_OUTCOME.id: ("至少写一个结果", "give it one outcome at least"),
    UNREACHABLE.id: ("删去，或改条件", "delete it or change its condition"),
    NO_ELEMENT.id: ("改选前面的环节，或删去这个条件", "choose an earlier element, or delete the condition"),
    LATER.id: ("把它移到后面，或改选前面的环节", "move it down, or choose an earlier element"),
    NO_RESULT.id: ("改选列出的通话结果", "choose one of the results offered"),
    NO_SUCH_OUTCOME.id: ("改选该环节已有的结果", "choose one of that element's outcomes"),
    WORDING.id: ("换一种说法", "say it in other words"),
}  # fmt: skip


def remark(code: Code, place: str, severity: Severity = "error", **values: object) -> Remark:
    """The finding at its place: ``id field`` of the element or objection."""
    error = code.error(**values)
    return Remark(code.id, severity, place, error.zh, error.en, *_DO.get(code.id, ("", "")))
