"""What can go wrong between an agency's system and the desk."""

from __future__ import annotations

from shouyue.base.errors import Code, ShouyueError
from shouyue.casework.errors import Missing


class Unknown(ShouyueError):
    """Without a token that counts; answered 401."""


class TooMany(ShouyueError):
    """Asked too often; answered 429."""


class BadRequest(ShouyueError):
    """The request cannot be read; answered 422."""


NO_TOKEN = Code(
    "AGENCY-001",
    zh="缺少令牌，或令牌无效、已撤销",
    en="there is no token, or it is unknown or withdrawn",
    kind=Unknown,
)
TOO_MANY = Code(
    "AGENCY-002",
    zh="请求过于频繁：每分钟最多 {limit} 次",
    en="asked too often: at most {limit} requests a minute",
    kind=TooMany,
)
NOT_PLACED = Code(
    "AGENCY-003", zh="没有这个案件，或它未委托给贵机构", en="there is no such case, or it is not placed with you",
    kind=Missing,
)  # fmt: skip
KEY_USED = Code(
    "AGENCY-004",
    zh="此幂等键已用于另一内容的请求；请换一个键",
    en="this idempotency key was used for another request; take a new one",
)
NO_KEY = Code(
    "AGENCY-005",
    zh="缺少请求头 Idempotency-Key（1–80 个字母、数字或 . _ : / -）",
    en="the header Idempotency-Key is missing (1 to 80 letters, digits or . _ : / -)",
    kind=BadRequest,
)
BAD_BODY = Code("AGENCY-006", zh="请求内容有误：{where}", en="the request cannot be read: {where}", kind=BadRequest)
NO_CONTACT = Code(
    "AGENCY-007", zh="没有这次联系，或它不是贵机构的", en="there is no such contact, or it is not yours", kind=Missing
)
OTHER_OUTCOME = Code(
    "AGENCY-008", zh="这次联系已报告为“{outcome}”", en="this contact was reported as '{outcome}' already"
)
NO_AGENCY = Code("AGENCY-009", zh="没有机构“{agency}”", en="there is no agency '{agency}'", kind=Missing)
BAD_CODE = Code(
    "AGENCY-010",
    zh="机构代码“{agency}”已被使用，或含有字母、数字和 . _ - 以外的字符",
    en="the agency's code '{agency}' is taken, or has other than letters, digits and . _ -",
)
NO_CUSTOMER = Code("AGENCY-011", zh="没有客户 {customer}", en="there is no customer {customer}", kind=Missing)
BAD_DAY = Code(
    "AGENCY-013",
    zh="委托的最后一天须晚于今天，且不晚于机构合同到期日（{last}）",
    en="the last day of a placement lies after today, and not after the end of the agency's contract ({last})",
)
PLACEMENT_OVER = Code(
    "AGENCY-014",
    zh="此案件的委托已于 {day} 到期，不能再联系",
    en="the placement of this case ended on {day}; no more contacts",
)
PLACED_ALREADY = Code(
    "AGENCY-012",
    zh="客户 {customer} 已委托给 {agency}；请先收回",
    en="customer {customer} is placed with {agency}; take it back first",
)
