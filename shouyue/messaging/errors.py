"""What can be wrong with a letter."""

from __future__ import annotations

from shouyue.base.errors import Code
from shouyue.casework.errors import Invalid, Missing

NO_TEMPLATE = Code("LETTER-001", zh="没有信函模板 {name}", en="there is no letter template {name}", kind=Missing)
BAD_TEMPLATE = Code("LETTER-002", zh="信函模板 {name} 有误：{why}", en="letter template {name} is wrong: {why}")
NO_ADDRESS = Code(
    "LETTER-003",
    zh="客户没有地址，无法寄信",
    en="the customer has no address to send a letter to",
    kind=Invalid,
)
REFUSED = Code("LETTER-004", zh="合规不允许寄信：{zh}", en="the gate does not allow a letter: {en}")
NO_LETTER = Code("LETTER-005", zh="没有这封信函", en="there is no such letter", kind=Missing)
NOT_NOW = Code(
    "LETTER-006",
    zh="信函 {number} 现在是“{state}”，不能改为“{wanted}”",
    en="letter {number} is {state} now and cannot become {wanted}",
    kind=Invalid,
)
NO_PANGO = Code(
    "LETTER-007",
    zh="生成 PDF 需要系统库 Pango 和中文字体（Debian：apt install libpango-1.0-0 libpangoft2-1.0-0 fonts-noto-cjk）",
    en="PDFs need the system's Pango and Chinese fonts "
    "(Debian: apt install libpango-1.0-0 libpangoft2-1.0-0 fonts-noto-cjk)",
)
CHANGED = Code(
    "LETTER-008",
    zh="信函 {number} 的存档文件与记录的摘要不符",
    en="the archived file of letter {number} is not the one that was recorded",
)
NO_SENDER = Code(
    "LETTER-010",
    zh="请先用 SHOUYUE_LENDER 设置贷款机构名称：不知道谁寄出的信函不能寄",
    en="name the lender in SHOUYUE_LENDER first: a letter that does not say who sends it cannot go",
    kind=Invalid,
)
WRONG_PHASE = Code(
    "LETTER-009",
    zh="模板 {name} 不适用于此案件的阶段",
    en="template {name} is not for a case in this phase",
    kind=Invalid,
)
STOPPED = Code(
    "LETTER-011",
    zh="信函 {number} 不能再寄出，请取消：{zh}",
    en="letter {number} may no longer go out, cancel it: {en}",
    kind=Invalid,
)
NO_QUOTE = Code(
    "LETTER-013",
    zh="案件没有有效的提前结清报价，请先作出报价",
    en="no early settlement quote of this case stands; make one first",
    kind=Invalid,
)
NO_COLUMN = Code(
    "LETTER-012",
    zh="文件缺少列：{columns}",
    en="the file lacks columns: {columns}",
)
