"""Why a row, a file or a profile is not taken in: every code with its words. docs/import.md lists them.

Row faults send one row to quarantine and the rest goes on; file and profile faults stop the import, and the book stays
as it was.
"""

from __future__ import annotations

from shouyue.base.errors import Code, ShouyueError


class ImportFault(ShouyueError):
    """Nothing was imported."""


def _stop(code: str, zh: str, en: str) -> Code:
    return Code(code, zh, en, kind=ImportFault)


#: row faults, in the order in which the first one of a row is reported; the place in the list is the number kept per
#: row while parsing (0: no fault), and never leaves the process
ROW: list[Code] = []


def _row(code: str, zh: str, en: str) -> int:
    ROW.append(Code(code, zh, en))
    return len(ROW)


ENCODING = _row("BOOK-101", "字符无法按声明的编码读出", "bytes that are no text in the declared encoding")
NUL = _row("BOOK-102", "含有空字节（NUL）", "holds a NUL byte")
QUOTE = _row("BOOK-103", "引号未闭合或位置不对", "a quote is not closed or stands in the wrong place")
FIELD_COUNT = _row("BOOK-104", "字段个数与表头不符", "the number of fields differs from the header's")
MISSING = _row("BOOK-105", "必填字段为空", "a mandatory field is empty")
NOT_A_NUMBER = _row("BOOK-106", "不是金额", "not an amount")
GROUPING = _row(
    "BOOK-107",
    "千位分隔符位置不对，请核对小数点与千位分隔符的设置",
    "thousands separators in the wrong places; check decimal and thousands in the profile",
)
TOO_FINE = _row("BOOK-108", "小数位超过币种最小单位", "more decimals than the currency has minor units")
NEGATIVE = _row("BOOK-109", "金额为负", "the amount is negative")
TOO_LARGE = _row("BOOK-110", "金额过大", "the amount is too large")
ZERO = _row("BOOK-111", "还款金额为零", "a payment of nothing")
NOT_A_DATE = _row("BOOK-112", "不是日期，或格式未在配置中列出", "not a date in any of the profile's formats")
IMPOSSIBLE_DATE = _row("BOOK-113", "日期不存在", "there is no such day")
DATE_RANGE = _row("BOOK-114", "日期超出合理范围", "the date lies outside the plausible years")
NOT_WHOLE = _row("BOOK-115", "不是整数", "not a whole number")
INT_RANGE = _row("BOOK-116", "数值超出允许范围", "the number is out of range")
UNKNOWN_VALUE = _row("BOOK-117", "取值不在允许的范围内", "a value that is none of the allowed ones")
NOT_A_BOOL = _row("BOOK-118", "不是“是/否”", "neither yes nor no")
TOO_LONG = _row("BOOK-119", "文本过长", "the text is too long")
CURRENCY = _row("BOOK-120", "币种未知", "an unknown currency")
OTHER_CURRENCY = _row(
    "BOOK-121",
    "币种的最小单位与配置的币种不同",
    "a currency with another number of decimals than the profile's",
)
PARTS = _row(
    "BOOK-122", "应还金额不等于本金、利息、费用之和", "the amount is not the sum of principal, interest and fee"
)
PAUSE_ORDER = _row("BOOK-123", "暂停的结束日早于开始日", "the pause ends before it starts")
REPEATED = _row("BOOK-124", "与已接受的行完全重复", "repeats an accepted row word for word")
CONFLICT = _row("BOOK-125", "标识与已接受的行相同而内容不同", "has the identity of an accepted row, with other content")
UNKNOWN_LOAN = _row("BOOK-126", "合同不存在", "there is no such loan")
LOAN_IN_QUARANTINE = _row("BOOK-127", "所属合同在隔离区", "its loan is in quarantine")
UNKNOWN_CUSTOMER = _row("BOOK-128", "客户不存在", "there is no such customer")
REVERSED_UNKNOWN = _row("BOOK-129", "该合同下没有被冲正的流水", "the loan has no payment of the number it reverses")
REVERSED_TWICE = _row("BOOK-130", "被冲正的流水本身是冲正", "the payment it reverses is itself a reversal")
REVERSED_TOO_MUCH = _row("BOOK-131", "冲正金额超过原流水", "takes back more than was paid")
BOOK_CONFLICT = _row("BOOK-132", "账册中已有同号流水而内容不同", "the book holds this payment with other content")
TAKEN_ALREADY = _row(
    "BOOK-133",
    "流水内容有变，但该流水已被冲正，无法自动更正",
    "the payment comes with other content, but was taken back already and cannot be corrected by itself",
)
LIKE_OURS = _row(
    "BOOK-134",
    "流水号以“~数字”结尾，与账册的更正编号冲突",
    "the payment number ends in ~ and a number, as the book numbers corrections",
)

NO_FOLDER = _stop("BOOK-201", "找不到文件夹 {folder}", "there is no folder {folder}")
NO_FILES = _stop(
    "BOOK-202",
    "缺少必需的表 {table}：没有文件匹配 {files}",
    "mandatory table {table} is missing: no file matches {files}",
)
NOTHING_FOUND = _stop(
    "BOOK-203", "文件夹中没有配置所述的任何文件", "the folder holds none of the files the profile names"
)
NO_HEADER = _stop(
    "BOOK-204",
    "文件 {file} 没有表头“{header}”；现有：{found}",
    "file {file} has no header '{header}'; it has: {found}",
)
HEADER_TWICE = _stop(
    "BOOK-205", "文件 {file} 的表头“{header}”出现多次", "file {file} has header '{header}' more than once"
)
UNDECODABLE = _stop(
    "BOOK-206",
    "文件 {file} 无法按编码 {encoding} 读出，请核对配置中的 encoding",
    "file {file} cannot be read as {encoding}; check encoding in the profile",
)
EMPTY_FILE = _stop("BOOK-207", "文件 {file} 是空的", "file {file} is empty")
BROKEN_FILE = _stop(
    "BOOK-208",
    "文件 {file} 已损坏或不是 {format} 文件",
    "file {file} is broken or no {format} file",
)
TOO_BIG = _stop(
    "BOOK-209",
    "文件 {file} 解压后过大（{size} 字节），拒绝读取",
    "file {file} unpacks to {size} bytes, which is refused",
)
CHANGED = _stop(
    "BOOK-210", "文件 {file} 在导入过程中被改动，请重试", "file {file} changed while it was read; try again"
)
NO_LOAN_LEFT = _stop(
    "BOOK-211",
    "没有一份合同可以导入；全部行见 {quarantine}",
    "not one loan can be imported; all rows are in {quarantine}",
)
NO_SHEET = _stop("BOOK-212", "文件 {file} 没有工作表“{sheet}”", "file {file} has no sheet '{sheet}'")
NO_BOOK = _stop(
    "BOOK-213", "账册还没有版本，请先完整导入再追加", "the book has no version to append to; import in full first"
)
OTHER_MONEY = _stop(
    "BOOK-214",
    "配置的币种 {currency} 与账册的 {book} 不同",
    "the profile's currency {currency} differs from the book's {book}",
)
NO_SPACE = _stop("BOOK-215", "无法写入账册：{why}", "cannot write the book: {why}")

UNBALANCED = _stop(
    "BOOK-216",
    "表 {table} 的控制总数不平：读入 {read}，接受 {accepted}，隔离 {quarantined}",
    "control total of {table} does not balance: read {read}, accepted {accepted}, quarantined {quarantined}",
)

NO_FOLDER_GIVEN = _stop(
    "BOOK-217",
    "配置 {profile} 的表 {table} 来自文件，请指明文件夹",
    "table {table} of profile {profile} comes from files; name their folder",
)

# --- a day's news

OLDER = _stop(
    "BOOK-218",
    "增量的日期 {day} 早于账册的日期 {book}",
    "the delta is of {day}, which is before the book's day {book}",
)
DAYS_MISSING = _stop(
    "BOOK-219",
    "账册截至 {book}，增量为 {day}：中间有缺失的日期（允许相隔 {gap} 天）",
    "the book is of {book} and the delta of {day}: days between them are missing (a gap of {gap} is allowed)",
)
OTHER_PARENT = _stop(
    "BOOK-220",
    "增量应接在 {expected} 之后，而账册当前版本是 {found}",
    "the delta is to follow {expected}, but the book's current version is {found}",
)
NO_DAY = _stop(
    "BOOK-231",
    "需要知道增量的日期：请给出 --day，或在配置的 [delta] 中设置 day",
    "the delta's day must be known: give --day, or set day in [delta] of the profile",
)
TOO_MANY_DELETED = _stop(
    "BOOK-232",
    "增量要从表 {table} 删除 {deleted} 行（共 {rows} 行），超过 deletes_at_most，已放弃",
    "the delta would delete {deleted} of the {rows} rows of table {table}, which is more than deletes_at_most; "
    "nothing was done",
)

# --- databases

NO_ADDRESS = _stop(
    "BOOK-221",
    "环境变量 {variable} 未设置，不知道数据库在哪里",
    "the environment variable {variable} is not set, so it is not known where the database is",
)
UNKNOWN_DATABASE = _stop(
    "BOOK-222",
    "环境变量 {variable} 中的不是数据库地址，应以下列之一开头：{known}",
    "what the environment variable {variable} holds is no address of a database; it must begin with one of: {known}",
)
NO_DRIVER = _stop(
    "BOOK-223",
    "读取 {kind} 数据库需要附加组件：pip install 'shouyue[databases]'",
    "reading a {kind} database needs an extra: pip install 'shouyue[databases]'",
)
NOT_CONNECTED = _stop(
    "BOOK-224",
    "无法连接环境变量 {variable} 所指的数据库：{why_zh}",
    "cannot connect to the database that the environment variable {variable} names: {why_en}",
)
QUERY_REFUSED = _stop(
    "BOOK-225",
    "数据库拒绝了表 {table} 的查询（{code}）：{why}",
    "the database refused the query of table {table} ({code}): {why}",
)
QUERY_BROKE = _stop(
    "BOOK-226",
    "读取表 {table} 时与数据库的连接中断（{code}），请重试",
    "the connection to the database broke while table {table} was read ({code}); try again",
)
INEXACT = _stop(
    "BOOK-227",
    "表 {table} 的列“{header}”在数据库中是浮点数，不能用作金额或编号；请在查询中转换为定点数或文本",
    "column '{header}' of table {table} is a float in the database and cannot be an amount or a number; "
    "cast it to a decimal or a text in the query",
)
UNREADABLE_TYPE = _stop(
    "BOOK-228",
    "表 {table} 的列“{header}”在数据库中的类型是 {type}，请在查询中转换为文本、日期或定点数",
    "column '{header}' of table {table} has the type {type} in the database; "
    "cast it to a text, a date or a decimal in the query",
)
QUERY_STOPPED = _stop(
    "BOOK-230",
    "数据库中途停止了表 {table} 的查询：可能有取值无法转换，或超出时限；请直接运行该查询查看原因",
    "the database stopped the query of table {table} half-way: a value it cannot convert, or a limit of time; "
    "run the query by hand to see why",
)
NOT_READ_ONLY = _stop(
    "BOOK-229",
    "环境变量 {variable} 所指的数据库未进入只读事务，已放弃读取",
    "the database that the environment variable {variable} names did not enter a read-only transaction; "
    "nothing was read",
)

#: why there is no way in, in zh and en
LOGIN = ("登录被拒绝，请核对用户名、密码与权限", "the sign-in was refused; check user, password and rights")
NO_SUCH_DATABASE = ("没有该名称的数据库", "there is no database of that name")
NO_TLS = ("加密连接（TLS）未能建立", "the encrypted connection (TLS) could not be made")
FULL = ("数据库的连接数已满", "the database has no connection left to give")
GONE = ("服务器没有应答", "the server does not answer")
MALFORMED = ("地址的写法有误", "the address is not written as it must be")
REFUSED = ("驱动程序报告了错误", "the driver reports an error")

NOT_LISTED = _stop(
    "BOOK-310",
    "只能为 PostgreSQL 数据库建议配置，{kind} 请手写查询",
    "a profile can be proposed for a PostgreSQL database only; for {kind} write the queries by hand",
)
NO_PROFILE = _stop(
    "BOOK-301", "找不到配置 {profile}；自带：{shipped}", "there is no profile {profile}; shipped: {shipped}"
)
BAD_TOML = _stop("BOOK-302", "配置 {profile} 不是合格的 TOML：{why}", "profile {profile} is no valid TOML: {why}")
BAD_PROFILE = _stop("BOOK-303", "配置 {profile} 的 {place}：{zh}", "profile {profile}, {place}: {en}")
