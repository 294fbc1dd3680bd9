"""What can go wrong with versions and releases, in words that say what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shouyue.base.errors import Code, ShouyueError

if TYPE_CHECKING:
    from shouyue.releases.kinds import Remark


class Missing(ShouyueError):
    """Not there; a page answers 404."""


class Conflict(ShouyueError):
    """Somebody was quicker; nothing was saved and nothing was lost. A page answers 409."""


class Unfit(ShouyueError):
    """The check stands against it; ``remarks`` are its findings."""

    remarks: Sequence[Remark] = ()


class Invalid(ShouyueError):
    """The form can be mended: ``field`` names where."""

    @property
    def field(self) -> str:
        return str(self.values.get("field", ""))


NO_KIND = Code("REL-001", zh="没有“{kind}”这一类文本", en="there is no kind of text '{kind}'", kind=Missing)
NO_VERSION = Code("REL-002", zh="没有 {name} 的第 {number} 版", en="{name} has no version {number}", kind=Missing)
NOT_POSSIBLE = Code(
    "REL-003",
    zh="第 {number} 版现为“{state}”（{by}，{at}），不能再{action_zh}",
    en="version {number} is {state} ({by}, {at}); one cannot {action_en} it any more",
    kind=Conflict,
)
STALE = Code(
    "REL-004",
    zh="您打开编辑之后，{by} 于 {at} 保存了第 {newest} 版；您的内容还在，请先比较再另存",
    en="{by} saved version {newest} at {at}, after you began to edit; your text is still here: compare, then save anew",
    kind=Conflict,
)
UNFIT = Code(
    "REL-005",
    zh="检查发现 {count} 处错误，不能{action_zh}",
    en="the check finds {count} error(s), so one cannot {action_en}",
    kind=Unfit,
)
UNACKNOWLEDGED = Code(
    "REL-006",
    zh="还有 {count} 条警告没有确认",
    en="{count} warning(s) are not acknowledged yet",
    kind=Unfit,
)
OWN_WORK = Code(
    "REL-007",
    zh="第 {number} 版由您撰写或提交，须由另一人批准或驳回",
    en="you wrote or proposed version {number}; somebody else must approve or reject it",
)
OWN_APPROVAL = Code(
    "REL-008",
    zh="第 {number} 版由您批准，须由另一人发布",
    en="you approved version {number}; somebody else must release it",
)
NEEDS_REASON = Code("REL-009", zh="请写明原因", en="give the reason", kind=Invalid)
IN_THE_PAST = Code(
    "REL-010",
    zh="生效日不能早于营业日 {today}",
    en="it cannot come into force before the business day {today}",
    kind=Invalid,
)
IN_FORCE = Code(
    "REL-011",
    zh="第 {number} 版正在生效或已安排生效，请先发布或回滚到另一版",
    en="version {number} is in force or planned to be; release another or roll back first",
    kind=Conflict,
)
NOT_EARLIER = Code(
    "REL-012",
    zh="第 {number} 版在 {day} 本就生效，不必回滚",
    en="version {number} is in force on {day} anyway; there is nothing to roll back",
    kind=Conflict,
)
BAD_NAME = Code(
    "REL-013",
    zh="名称“{name}”只能由字母、数字、下划线、连字符组成，最长 60 个字符",
    en="the name '{name}' may hold letters, digits, _ and -, 60 at most",
    kind=Invalid,
)
TOO_LONG = Code(
    "REL-014",
    zh="文本超过 {limit} 个字符",
    en="the text has more than {limit} characters",
    kind=Invalid,
)
NO_TEXT = Code("REL-018", zh="文本含有空字符（NUL）", en="the text has the character NUL in it", kind=Invalid)
EMPTY = Code("REL-015", zh="文本是空的", en="the text is empty", kind=Invalid)
TOO_FAR = Code(
    "REL-016",
    zh="生效日不能晚于 {latest}",
    en="it cannot come into force after {latest}",
    kind=Invalid,
)
NOTHING_TO_STOP = Code(
    "REL-017",
    zh="{day} 没有已发布的版本生效",
    en="no released version is in force on {day}",
    kind=Conflict,
)
