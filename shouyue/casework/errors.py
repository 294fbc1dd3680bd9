"""What can go wrong when a case is worked, in words that say what to do."""

from __future__ import annotations

from shouyue.base.errors import Code, ShouyueError


class Missing(ShouyueError):
    """Not there, or not the user's to see; a page answers 404 for both."""


class Invalid(ShouyueError):
    """The form can be mended: ``field`` names where."""

    @property
    def field(self) -> str:
        return str(self.values.get("field", ""))


NO_CASE = Code(
    "CASE-001",
    zh="没有这个案件，或它不属于您的门店",
    en="there is no such case, or it is not your store's",
    kind=Missing,
)
CASE_CLOSED = Code("CASE-002", zh="案件已结案，不能再操作", en="the case is closed; nothing more can be done on it")
NO_CONTACT = Code("CASE-003", zh="没有这次联系记录", en="there is no such contact", kind=Missing)
NOT_YOURS = Code(
    "CASE-004", zh="这次通话由同事发起，只能由本人登记", en="a colleague began this call; only he can log it"
)
ALREADY_FINISHED = Code(
    "CASE-005",
    zh="这次通话已登记，结果不同的内容请另写备注",
    en="this call is already logged; write what differs as a note",
)
NO_NUMBER = Code("CASE-006", zh="此号码不属于该客户", en="this number does not belong to the customer", kind=Missing)
OTHER_CALL_OPEN = Code(
    "CASE-007",
    zh="您还有一次通话没有登记结果，请先登记",
    en="you have a call whose outcome is not logged yet; log it first",
)
NO_CUSTOMER = Code(
    "CASE-009",
    zh="没有这个客户，或他不属于您的门店",
    en="there is no such customer, or he is not your store's",
    kind=Missing,
)

NEEDS_NUMBER = Code(
    "CASE-027",
    zh="请选择所指的号码；同意或拒绝联系须选联系人的号码",
    en="say which number; an agreement or a refusal of a contact is about that contact's number",
    kind=Invalid,
)
NEEDS_CHANNEL = Code(
    "CASE-028", zh="请勾选拒绝的联系方式", en="tick the ways of contact that are refused", kind=Invalid
)
NO_WISH = Code("CASE-029", zh="此客户没有这条生效的意愿", en="this customer has no such wish in force", kind=Missing)
WISH_FOR_EVER = Code(
    "CASE-030",
    zh="联系人拒绝联系后永久有效，不可结束",
    en="a contact who refused stays refused for ever; it cannot be ended",
    kind=Invalid,
)
NEEDS_REACHED = Code("CASE-010", zh="请选择联系到了谁", en="say who was reached", kind=Invalid)
NEEDS_RESULT = Code(
    "CASE-011",
    zh="已联系到本人，请选择结果",
    en="the borrower was reached: say with what result",
    kind=Invalid,
)
OTHER_RESULT_TICKED = Code(
    "CASE-034",
    zh="已勾选“{element_zh}：{outcome_zh}”，结果须与之一致；勾错了请先取消勾选",
    en="'{element_en}: {outcome_en}' is ticked, and another result is chosen; take the tick back if it is wrong",
    kind=Invalid,
)
RESULT_NEEDS_BORROWER = Code(
    "CASE-012",
    zh="只有借款人或担保人才能给出这个结果",
    en="only the borrower or a guarantor can give this result",
    kind=Invalid,
)
PROMISE_NEEDS_AMOUNT = Code(
    "CASE-013", zh="请填写承诺金额，须大于零", en="give the promised amount, above zero", kind=Invalid
)
PROMISE_NEEDS_DAY = Code("CASE-014", zh="请填写承诺日期", en="give the day of the promise", kind=Invalid)
PROMISE_TOO_HIGH = Code(
    "CASE-015",
    zh="承诺金额超过所欠总额 {owed}",
    en="the promise is more than the total owed, {owed}",
    kind=Invalid,
)
PROMISE_IN_PAST = Code(
    "CASE-016",
    zh="承诺日期不能早于今天 {today}",
    en="the promise cannot be before today, {today}",
    kind=Invalid,
)
PROMISE_TOO_FAR = Code(
    "CASE-017",
    zh="承诺日期最晚为 {latest}；更长的安排请做分期计划",
    en="a promise is for {latest} at the latest; a longer arrangement is a plan",
    kind=Invalid,
)
NEXT_IN_PAST = Code("CASE-018", zh="下次行动时间不能早于现在", en="the next action cannot be in the past", kind=Invalid)
UNKNOWN_ELEMENT = Code(
    "CASE-019", zh="话术中没有要点 {element}", en="the script has no element {element}", kind=Invalid
)
UNKNOWN_OUTCOME = Code(
    "CASE-020",
    zh="要点 {element} 没有结果“{outcome}”",
    en="element {element} has no outcome '{outcome}'",
    kind=Invalid,
)
UNKNOWN_CHOICE = Code("CASE-021", zh="“{value}”不是可选项", en="'{value}' is not one of the choices", kind=Invalid)
NOTE_TOO_LONG = Code("CASE-022", zh="备注最多 2000 字", en="a note has at most 2,000 characters", kind=Invalid)
NOTE_EMPTY = Code("CASE-023", zh="备注不能为空", en="a note cannot be empty", kind=Invalid)
NEEDS_REASON = Code("CASE-024", zh="请选择原因", en="give a reason", kind=Invalid)
TAKER_UNFIT = Code(
    "CASE-025",
    zh="接手人须为本门店在岗的同事",
    en="the taker must be an active colleague of the same store",
    kind=Invalid,
)
NO_FIELD = Code("CASE-026", zh="没有可以显示的字段 {field}", en="there is no field {field} to reveal", kind=Missing)

PROMISE_PARTS = Code(
    "PROM-001",
    zh="一次承诺最多分 {most} 笔；更多请做分期计划",
    en="a promise comes in {most} parts at most; more is a plan",
    kind=Invalid,
)
PROMISE_SAME_DAY = Code("PROM-002", zh="这一天已有一笔承诺", en="there is a promise for this day already", kind=Invalid)
PROMISES_TOO_HIGH = Code(
    "PROM-003",
    zh="加上未到期的承诺 {other}，超过所欠总额 {owed}",
    en="with the open promises of {other} this is more than the total owed, {owed}",
    kind=Invalid,
)
NO_PROMISE = Code("PROM-004", zh="没有这个承诺", en="there is no such promise", kind=Missing)
PROMISE_NOT_OPEN = Code(
    "PROM-005",
    zh="承诺已经{state_zh}，不能再操作",
    en="the promise is {state_en} already; nothing more can be done on it",
)
PROMISE_DAY_OVER = Code(
    "PROM-006",
    zh="承诺日期 {due} 已过，由跑批按还款判定，不能取消",
    en="its day, {due}, is over: it is judged by the payments and cannot be cancelled",
)
NOTHING_TO_CONFIRM = Code(
    "PROM-007", zh="没有未到期的承诺可以确认", en="there is no open promise to confirm", kind=Invalid
)

BAD_MATTERS = Code(
    "MATT-001",
    zh="事项文件中 {kind} 的 {where} 无法使用",
    en="in the file of matters, {where} of {kind} cannot be used",
)
NO_MATTER = Code("MATT-002", zh="没有这个事项", en="there is no such matter", kind=Missing)
UNKNOWN_MATTER = Code("MATT-003", zh="请选择事项类型", en="choose what kind of matter it is", kind=Invalid)
MATTER_EXISTS = Code(
    "MATT-004",
    zh="该案件已有未了结的同类事项，请在其中补充",
    en="the case has a live matter of this kind already; add to that one",
    kind=Invalid,
)
MATTER_NOT_POSSIBLE = Code(
    "MATT-005",
    zh="事项现为“{state_zh}”，不能{action_zh}",
    en="the matter is {state_en}: you cannot {action_en} it",
)
MATTER_NOT_YOURS = Code(
    "MATT-006",
    zh="此事项须由{roles_zh}决定",
    en="this matter is for {roles_en} to decide",
    kind=Invalid,
)
MATTER_OWN_WORD = Code(
    "MATT-007",
    zh="事项由您提出，须由另一人决定",
    en="you opened this matter: somebody else decides it",
    kind=Invalid,
)
MATTER_NEEDS_NOTE = Code("MATT-008", zh="请写明情况或理由", en="write down what it is, or why", kind=Invalid)
MATTER_NEEDS_PROOF = Code(
    "MATT-009",
    zh="确认前须登记证明文件（档案号或文件指纹）",
    en="before it is confirmed a paper must be noted: its archive number or its file's hash",
    kind=Invalid,
)
MATTER_BAD_DAY = Code(
    "MATT-010",
    zh="日期须在 {first} 至 {last} 之间",
    en="the day must be from {first} to {last}",
    kind=Invalid,
)
MATTER_OWNER_UNFIT = Code(
    "MATT-011",
    zh="负责人须为有权处理此事项的在岗同事",
    en="the owner must be an active colleague who may work on this matter",
    kind=Invalid,
)
BAD_EVIDENCE = Code(
    "MATT-012",
    zh="请填写说明、档案号或文件；档案号最多 100 字，文件最大 {most} MB，指纹为 64 位十六进制",
    en="give a note, an archive number (at most 100 characters) or a file (at most {most} MB; its hash has 64 digits)",
    kind=Invalid,
)

PLAN_NEEDS_TOTAL = Code("PLAN-001", zh="请填写分期总额，须大于零", en="give the plan's total, above zero", kind=Invalid)
PLAN_TOO_HIGH = Code(
    "PLAN-002", zh="分期总额超过所欠总额 {owed}", en="the total is more than all that is owed, {owed}", kind=Invalid
)
PLAN_COUNT = Code(
    "PLAN-003", zh="期数须在 {fewest} 至 {most} 之间", en="a plan has from {fewest} to {most} instalments", kind=Invalid
)
PLAN_FIRST_DAY = Code(
    "PLAN-004",
    zh="首期日期须在 {first} 至 {last} 之间",
    en="the first instalment must be from {first} to {last}",
    kind=Invalid,
)
PLAN_NEEDS_MEANS = Code(
    "PLAN-005",
    zh="请填写客户自述的每月收入和支出",
    en="give income and costs a month, as the customer states them",
    kind=Invalid,
)
PLAN_TOO_SMALL = Code(
    "PLAN-006",
    zh="每期不得低于 {least}，请减少期数",
    en="an instalment is {least} at least; choose fewer",
    kind=Invalid,
)
PLAN_TOO_LONG = Code(
    "PLAN-007",
    zh="您最长可约定 {months} 个月，至 {end}；更长的须由店长约定",
    en="you may agree to {months} months at most, up to {end}; a longer one is for a manager",
    kind=Invalid,
)
PLAN_TOO_DEAR = Code(
    "PLAN-008",
    zh="最多的一个月须付 {dearest}，超过可承受的 {room}；请增加期数，或考虑困难事项",
    en="the dearest month takes {dearest}, more than the {room} there is room for; more instalments, or a hardship",
    kind=Invalid,
)
PLAN_CHANGED = Code(
    "PLAN-010",
    zh="欠款已变化，请重新查看计划后再保存",
    en="what is owed has changed; look at the plan again before saving it",
    kind=Invalid,
)
NO_PLAN = Code("PLAN-011", zh="没有这个分期计划", en="there is no such plan", kind=Missing)
PLAN_NOT_ACTIVE = Code("PLAN-012", zh="分期计划已经结束", en="the plan is over already")
PLAN_RUNS = Code(
    "PLAN-013",
    zh="客户有执行中的分期计划；要改约请先取消或更换计划",
    en="a payment plan is running; to agree on something else, cancel or replace it first",
    kind=Invalid,
)

BAD_LIMITS = Code(
    "WAIV-001",
    zh="减免权限文件中 {role} 的条目无法使用：只可列罚息和滞纳金，每个岗位一条",
    en="in the file of limits the entry of {role} cannot be used: penalty and late fee only, one entry a role",
)
WAIVER_NO_LOAN = Code("WAIV-002", zh="请选择该客户的合同", en="choose a loan of the customer", kind=Invalid)
WAIVER_EMPTY = Code("WAIV-003", zh="请填写减免金额", en="give an amount to waive", kind=Invalid)
WAIVER_NEVER = Code(
    "WAIV-004",
    zh="本金和合同约定的利息、费用不得由工作台减免",
    en="principal, contract interest and contract fees are never waived by the desk",
    kind=Invalid,
)
WAIVER_TOO_HIGH = Code(
    "WAIV-005",
    zh="减免金额须大于零且不超过所欠 {owed}",
    en="waive more than nothing and at most what is owed, {owed}",
    kind=Invalid,
)
WAIVER_NO_LIMIT = Code(
    "WAIV-006", zh="超出审批权限：{why_zh}", en="beyond the limit of who would approve it: {why_en}", kind=Invalid
)
WAIVER_LIVE = Code(
    "WAIV-008",
    zh="该合同已有未了结的减免",
    en="a concession on this loan is still on its way",
    kind=Invalid,
)
NO_WAIVER = Code("WAIV-009", zh="没有这项减免", en="there is no such concession", kind=Missing)
WAIVER_NOT_POSSIBLE = Code(
    "WAIV-010",
    zh="减免现为“{state_zh}”，不能这样操作",
    en="the concession is {state_en}: this is not possible",
    kind=Invalid,
)
WAIVER_OWN_WORD = Code(
    "WAIV-011",
    zh="减免由您提出，须由另一人审批",
    en="you proposed it: somebody else approves or rejects it",
    kind=Invalid,
)
WAIVER_NOT_YOURS = Code(
    "WAIV-012", zh="只有提出人或审批人可以撤回", en="only who proposed or may approve it withdraws it", kind=Invalid
)
WAIVER_EXPIRED = Code("WAIV-013", zh="减免申请已于 {day} 到期", en="the proposal expired on {day}", kind=Invalid)
WAIVER_NEEDS_NOTE = Code("WAIV-014", zh="请写明理由", en="write down why", kind=Invalid)
WAIVER_QUOTED = Code(
    "WAIV-015",
    zh="一份有效的提前结清报价已计入此减免，请先撤回报价",
    en="a live early settlement quote takes this waiver off; withdraw the quote first",
    kind=Invalid,
)

BAD_TERMS = Code(
    "SETL-001",
    zh="提前结清条款文件 {file} 无法使用：{zh}",
    en="the file of early settlement terms, {file}, cannot be used: {en}",
)
QUOTE_NO_TERMS = Code(
    "SETL-002",
    zh="产品“{product}”没有适用的提前结清条款，请联系总部",
    en="no early settlement terms fit a loan of product '{product}'; ask head office",
    kind=Invalid,
)
QUOTE_ENDED = Code(
    "SETL-003",
    zh="该客户的案件已由总部结束，不再报价",
    en="head office has ended the work on this customer; no quote is made",
    kind=Invalid,
)
QUOTE_NO_LOAN = Code("SETL-004", zh="请选择该客户的合同", en="choose a loan of the customer", kind=Invalid)
QUOTE_DAY = Code(
    "SETL-005", zh="结清日须在 {first} 至 {last} 之间", en="the day must be from {first} to {last}", kind=Invalid
)
QUOTE_NOTHING = Code(
    "SETL-006", zh="该合同已无需再付款即可结清", en="nothing more is to be paid to settle this loan", kind=Invalid
)
QUOTE_CHANGED = Code(
    "SETL-007",
    zh="金额与刚才显示的不同，请核对后再保存",
    en="the sum is not the one that was shown; look at it and save again",
    kind=Invalid,
)
QUOTE_LIVE = Code(
    "SETL-008",
    zh="该合同的提前结清已在办理，请先撤回",
    en="an early settlement of this loan is on its way; withdraw it first",
    kind=Invalid,
)
NO_QUOTE = Code("SETL-009", zh="没有这份报价", en="there is no such quote", kind=Missing)
QUOTE_NOT_POSSIBLE = Code(
    "SETL-010",
    zh="报价现为“{state_zh}”，不能这样操作",
    en="the quote is '{state_en}': this is not possible",
    kind=Invalid,
)
QUOTE_NEEDS_NOTE = Code("SETL-011", zh="请写明理由", en="write down why", kind=Invalid)
QUOTE_OWN_WORD = Code(
    "SETL-012", zh="报价由您作出，须由另一人了结", en="you made the quote: somebody else closes it", kind=Invalid
)
QUOTE_NOT_YOURS = Code(
    "SETL-013",
    zh="只有报价人或有权了结的人可以撤回",
    en="only who made it, or who may close it, withdraws it",
    kind=Invalid,
)
QUOTE_OVER = Code("SETL-014", zh="报价已于 {day} 到期", en="the quote was for {day}", kind=Invalid)
QUOTE_CURRENCIES = Code(
    "SETL-016",
    zh="一次只能为同一币种的合同报价，请分开报价：{currencies}",
    en="loans of one currency are quoted together; make one for each: {currencies}",
    kind=Invalid,
)
QUOTE_OF_LOAN = Code("SETL-017", zh="合同 {loan}：{zh}", en="loan {loan}: {en}", kind=Invalid)

BAD_INTERVIEW_FORM = Code(
    "INTV-001",
    zh="面谈表文件中 {where} 无法使用",
    en="in the file of the interview {where} cannot be used",
)


class WrongAnswers(Invalid):
    """Several fields are to be mended: ``faults`` holds the error of each."""

    @property
    def faults(self) -> dict[str, ShouyueError]:
        return dict(self.values["faults"])  # type: ignore[call-overload]


INTERVIEW_WRONG = Code(
    "INTV-002",
    zh="有回答需要修改，已填写的内容都还在",
    en="some answers are to be mended; nothing that was typed is lost",
    kind=WrongAnswers,
)
ANSWER_UNKNOWN = Code("INTV-003", zh="请从选项中选择", en="choose one of those offered", kind=Invalid)
ANSWER_TOO_LONG = Code("INTV-004", zh="最多 {most} 个字", en="at most {most} characters", kind=Invalid)
ANSWER_NO_DAY = Code(
    "INTV-005", zh="请填写每月的日子，1 至 31", en="give the day of the month, from 1 to 31", kind=Invalid
)
ANSWER_NO_TIMES = Code(
    "INTV-006",
    zh="请填写起止时间，例如 12:00 至 14:00，两者不可相同",
    en="give both times, as 12:00 to 14:00, and not the same twice",
    kind=Invalid,
)
INTERVIEW_DAY = Code(
    "INTV-007",
    zh="请填写面谈日期，不得晚于今天 {today}",
    en="give the day of the interview, not after today, {today}",
    kind=Invalid,
)
INTERVIEW_NEEDS_REASON = Code(
    "INTV-008", zh="已有面谈记录，请写明为何更改", en="there is an interview already; say why it changes", kind=Invalid
)
INTERVIEW_SAME = Code("INTV-009", zh="没有任何回答或变化", en="nothing was answered, or nothing changed", kind=Invalid)
NO_INTERVIEW = Code("INTV-010", zh="没有这个版本的面谈", en="there is no such version of the interview", kind=Missing)
INTERVIEW_MEANWHILE = Code(
    "INTV-011",
    zh="{by} 刚保存了第 {version} 版。您填写的内容都还在，请核对下方差异后再保存",
    en="{by} saved version {version} meanwhile. What you typed is still here; look at what differs, then save again",
    kind=Invalid,
)
NO_OFFER = Code("INTV-012", zh="此回答不能记为意愿", en="this answer holds no wish", kind=Missing)
ANSWER_NO_AMOUNT = Code(
    "INTV-013", zh="请填写 {currency} 金额，例如 6500", en="give an amount in {currency}, as 6500", kind=Invalid
)

INBOUND_REACHED = Code(
    "CALL-001",
    zh="来电请选择本人、担保人或其他人",
    en="of a call that came in, say whether the borrower, a guarantor or somebody else rang",
    kind=Invalid,
)
INBOUND_IDENTITY = Code(
    "CALL-002",
    zh="请先核实身份：核实前不得谈及借款",
    en="the identity is checked first: before that nothing is said of the loan",
    kind=Invalid,
)
INBOUND_TIME = Code(
    "CALL-003",
    zh="来电时间须在最近 {days} 天内，且不晚于现在",
    en="the call must have come in within the last {days} days, and not after now",
    kind=Invalid,
)

VISIT_SECOND = Code(
    "VISIT-001",
    zh="外访须两人同行，请选择另一位本店在岗同事",
    en="a visit is made by two: choose another active colleague of the store",
    kind=Invalid,
)
VISIT_TIME = Code(
    "VISIT-002",
    zh="外访时间须在现在之后、{days} 天之内",
    en="the visit must be after now and within {days} days",
    kind=Invalid,
)
VISIT_REFUSED = Code(
    "VISIT-003",
    zh="该时间不可外访：{why_zh}",
    en="no visit may be made at that time: {why_en}",
    kind=Invalid,
)
VISIT_OPEN = Code("VISIT-004", zh="该案件已有未完成的外访", en="a visit of this case is still on its way", kind=Invalid)
NO_VISIT = Code("VISIT-005", zh="没有这次外访", en="there is no such visit", kind=Missing)
VISIT_STATE = Code("VISIT-006", zh="外访现在不能这样操作", en="this is not possible with the visit now", kind=Invalid)
VISIT_NOT_YOURS = Code(
    "VISIT-007", zh="只有同行的两人可以操作这次外访", en="only the two who make the visit may do this", kind=Invalid
)
VISIT_DISCLOSED = Code(
    "VISIT-008",
    zh="见到其他人时须确认没有透露任何借款信息；如有透露，请登记为投诉事项",
    en="where somebody else was met, confirm that nothing of the loan was told; if it was, open a complaint",
    kind=Invalid,
)
VISIT_REACHED = Code(
    "VISIT-009",
    zh="请选择见到了本人、担保人、其他人或无人",
    en="say who was met: the borrower, a guarantor, somebody else, nobody",
    kind=Invalid,
)
VISIT_NOT_AGREED = Code(
    "VISIT-010",
    zh="自有人在此处拒绝以来，没有与本人通话或见面的记录，无法视为已与本人约好",
    en="the borrower was not spoken to since somebody refused there, so he cannot have agreed to be met there",
    kind=Invalid,
)
END_NEEDS_MATTER = Code(
    "CASE-031",
    zh="须先有一项已核实的事项，才能以此原因结案",
    en="a matter that is confirmed comes first, then a case may end for this reason",
    kind=Invalid,
)
OTHER_HAS_LINE = Code(
    "CASE-033",
    zh="现在是他人接听；如本人已来接听，请先点“已换本人接听”",
    en="somebody else has the line; if the person called has come to the phone, say so first",
    kind=Invalid,
)
END_CALL_OPEN = Code(
    "CASE-032",
    zh="此客户有通话尚未登记，登记后再结案",
    en="a call with this customer waits for its outcome; end the case after that",
    kind=Invalid,
)
