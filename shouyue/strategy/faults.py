"""What can be wrong with a strategy file, in words, with the place where it is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from shouyue.base.errors import Code, ShouyueError
from shouyue.base.texts import Bilingual

Severity = Literal["error", "warning", "note"]
#: the same in Chinese and in English
Both = tuple[str, str]


@dataclass(frozen=True)
class Place:
    """Where in a strategy: file, table, row (1 is the first line below the heading), its name, column, line."""

    file: str = ""
    table: str = ""
    row: int | None = None
    row_id: str = ""
    column: str = ""
    line: int | None = None

    def __str__(self) -> str:
        parts = [self.file + (f":{self.line}" if self.line else "")]
        if self.table:
            parts.append(self.table)
        if self.row is not None:
            parts.append(f"#{self.row}" + (f" {self.row_id}" if self.row_id else ""))
        if self.column:
            parts.append(self.column)
        return " · ".join(p for p in parts if p)


@dataclass(frozen=True)
class Finding(Bilingual):
    """One thing a check has to say. An ``error`` keeps a strategy from being used, a ``warning`` does not.

    ``do_zh`` and ``do_en`` say what to do about it; ``cases_zh`` and ``cases_en`` name where it is so, one by one.
    """

    code: str
    severity: Severity
    place: Place
    zh: str
    en: str
    do_zh: str = ""
    do_en: str = ""
    cases_zh: tuple[str, ...] = ()
    cases_en: tuple[str, ...] = ()

    def advice(self, lang: str) -> str:
        return self.do_zh if lang.lower().startswith("zh") else self.do_en

    def cases(self, lang: str) -> tuple[str, ...]:
        return self.cases_zh if lang.lower().startswith("zh") else self.cases_en

    def __str__(self) -> str:
        said = [(self.zh, self.cases_zh), (self.en, self.cases_en)]
        lines = [line for text, cases in said for line in (text, *(f"  - {case}" for case in cases))]
        advice = [f"→ {do}" for do in (self.do_zh, self.do_en) if do]
        return "\n  ".join([f"{self.code} {self.place}", *lines, *advice])


class StrategyError(ShouyueError):
    """A strategy that cannot be used; ``findings`` lists everything that is wrong with it."""

    findings: tuple[Finding, ...] = ()


class CellFault(Exception):
    """A cell that cannot be read; whoever knows its place turns it into a finding."""

    def __init__(self, code: Code, **values: Any):
        self.code, self.values = code, values
        super().__init__(code.en.format(**values))


@dataclass
class Findings:
    """Findings as they are collected: reading goes on after a fault, so that one run names them all."""

    file: str
    items: list[Finding] = field(default_factory=list)

    def add(
        self, code: Code, place: Place, severity: Severity = "error", cases: Sequence[Both] = (), **values: Any
    ) -> None:
        do_zh, do_en = (text.format(**values) for text in ADVICE.get(code.id, ("", "")))
        zh, en = code.zh.format(**values), code.en.format(**values)
        cases_zh, cases_en = zip(*cases, strict=True) if cases else ((), ())
        found = Finding(code.id, severity, place, zh, en, do_zh, do_en, cases_zh, cases_en)
        if found not in self.items:
            self.items.append(found)


#: what to do about a finding, by code, in Chinese and in English; templates like the code's own texts
ADVICE: dict[str, tuple[str, str]] = {}


def declare(id_: str, zh: str, en: str, do: tuple[str, str] | None = None, kind: type = StrategyError) -> Code:
    """A code, and what to do about it where it is a finding."""
    if do:
        ADVICE[id_] = do
    return Code(id_, zh, en, kind=kind)


def _code(number: int, zh: str, en: str, do: tuple[str, str] | None = None) -> Code:
    return declare(f"STRAT-{number:03d}", zh, en, do)


# reading the file
NO_STRATEGY = _code(
    1,
    "找不到策略“{name}”；可用：{known}",
    "there is no strategy '{name}'; known are: {known}",
)
NOT_TOML = _code(2, "文件 {file} 不是合法的 TOML：{why}", "file {file} is not valid TOML: {why}")
UNUSABLE = _code(
    3,
    "策略 {name} 有 {count} 处错误，不能使用。第一处：{first_zh}",
    "strategy {name} has {count} errors and cannot be used. The first: {first_en}",
)
UNKNOWN_KEY = _code(
    4,
    "不认识的键“{key}”；此处可写：{known}",
    "unknown key '{key}'; known here are: {known}",
    ("删去这个键，或改成可写的键之一", "remove the key, or write one of the known ones"),
)
MISSING_KEY = _code(
    5,
    "缺少必填的键“{key}”",
    "the key '{key}' is missing",
    ("补上“{key}”", "add '{key}'"),
)
WRONG_VALUE = _code(
    6,
    "“{key}”的值不对：{value}；应为 {wanted}",
    "'{key}' is {value}; it must be {wanted}",
    ("改成：{wanted}", "change it to: {wanted}"),
)
NO_HEADING = _code(
    10,
    "表格缺少表头；第一行应为：row | 条件… => 结果…",
    "the table has no heading; its first line must be: row | conditions … => results …",
    ("在第一行写上 row、条件列、=>、结果列", "write row, the conditions, => and the results in the first line"),
)
UNEVEN_ROW = _code(
    11,
    "这一行有 {have} 格条件与结果，表头有 {want} 格",
    "this row has {have} cells, the heading has {want}",
    ("补齐或删去格子，任意值写 -", "add or remove cells; - stands for any value"),
)
NO_ARROW = _code(
    12,
    "这一行没有把条件与结果分开的 =>",
    "this row has no => between its conditions and its results",
    ("在条件与结果之间写 =>", "write => between the conditions and the results"),
)
TWICE = _code(
    13,
    "“{name}”出现了两次",
    "'{name}' is given twice",
    ("给其中一个另取名称", "give one of them another name"),
)
BAD_ROW_ID = _code(
    14,
    "行名“{name}”只能由字母、数字、下划线组成",
    "the row's name '{name}' may hold only letters, digits and underscores",
    ("改用字母、数字、下划线", "use letters, digits and underscores"),
)
UNKNOWN_NAME = _code(
    20,
    "不认识的名称“{name}”；是否想写：{near}",
    "unknown name '{name}'; did you mean: {near}",
    ("改成词汇表中的名称，见 docs/strategy.md", "write a name of the vocabulary, see docs/strategy.md"),
)
WRONG_UNIT = _code(
    21,
    "“{name}”的单位是 {unit}，不是 {given}",
    "'{name}' is in {unit}, not in {given}",
    ("把单位改成 {unit}，并核对数值", "write {unit}, and look the numbers over"),
)
LATER_NAME = _code(
    22,
    "“{name}”由后面的表“{table}”给出，此处还没有",
    "'{name}' comes from the later table '{table}' and is not known here",
    ("把表“{table}”移到前面", "move table '{table}' further up"),
)
# cells
BLANK_CELL = _code(
    30,
    "空格子；任意值请写 -",
    "an empty cell; write - for any value",
    ("任意值写 -，没有数据写 null", "write - for any value, null for not known"),
)
BAD_CELL = _code(
    31,
    "看不懂“{cell}”中的“{at}”",
    "cannot read '{at}' in '{cell}'",
    ("改成：3、> 3、[1..30]、a, b、not(a)、null 或 -", "write one of: 3, > 3, [1..30], a, b, not(a), null, -"),
)
WRONG_TYPE = _code(
    32,
    "“{value}”不是{wanted_zh}",
    "'{value}' is not {wanted_en}",
    ("改成{wanted_zh}", "write {wanted_en}"),
)
NO_ORDER = _code(
    33,
    "“{cell}”：{wanted_zh}没有大小，不能用 {op}",
    "'{cell}': {wanted_en} has no order, so {op} means nothing",
    ("逐个列出要的值", "list the values you mean"),
)
EMPTY_RANGE = _code(
    34,
    "范围“{cell}”里没有任何值",
    "the range '{cell}' holds no value",
    ("检查两端的大小", "look at which end is larger"),
)
BARE_DASH = _code(
    35,
    "- 不能与别的条件同用",
    "- cannot stand beside other conditions",
    ("只写 -，或删去 -", "write - alone, or leave it out"),
)
NOT_ONE_CELL = _code(
    36,
    "“{cell}”含有 |、#、=> 或换行，须加双引号或改写",
    "'{cell}' holds |, #, => or a line break; put it in double quotes or write it differently",
    ("给文字加上双引号", "put the text in double quotes"),
)
# what the whole must give
NO_TABLES = _code(
    40,
    "策略没有任何表",
    "the strategy has no tables",
    ("至少写一张 [[table]]", "write at least one [[table]]"),
)
MISSING_OUTPUT = _code(
    41,
    "没有一张表给出“{name}”，工作台需要它",
    "no table gives '{name}', which the desk needs",
    ("在某张表的结果列中加上“{name}”", "add '{name}' to the results of a table"),
)
BAD_PLACEHOLDER = _code(
    42,
    "语句“{sentence}”用了不认识的 {{{name}}}",
    "sentence '{sentence}' uses the unknown {{{name}}}",
    ("改成表中用得到的名称", "write a name that the tables know"),
)
UNUSED = _code(
    43,
    "“{name}”没有被用到",
    "'{name}' is never used",
    ("删去它，或在表中使用", "remove it, or use it in a table"),
)
# analysis
GAP = _code(
    50,
    "有空缺，没有一行适用：{where_zh}",
    "there is a gap, no row applies: {where_en}",
    (
        "加一行写明此时怎么办，或给表写 default；确实不管的写 gaps = true",
        "add a row for it or a default; write gaps = true where it is meant",
    ),
)
OVERLAP = _code(
    51,
    "与第 {other} 行“{other_id}”重叠，而规则是 unique。两行都适用：{where_zh}",
    "overlaps row {other} '{other_id}', and the table is unique; both apply: {where_en}",
    ("缩小其中一行的条件，或把规则改为 first", "narrow one of the rows, or let the first one count (first)"),
)
NEVER_FIRES = _code(
    52,
    "这一行永远不会生效：{why_zh}",
    "this row can never fire: {why_en}",
    ("删去这一行，或移到更前，或改条件", "remove the row, move it up, or change its conditions"),
)
TOO_LARGE = _code(
    53,
    "表太大，在限定步数内无法证明没有空缺和死行",
    "the table is too large to prove free of gaps and dead rows within the allowed steps",
    ("把表拆成两张", "split the table in two"),
)
OVERLAP_DIFFERS = _code(
    54,
    "与第 {other} 行“{other_id}”结果不同，而规则是 any。两行都适用：{where_zh}",
    "contradicts row {other} '{other_id}', and the table is any; both apply: {where_en}",
    ("让两行结果相同，或缩小其中一行的条件", "give both the same results, or narrow one of them"),
)
IDLE_DEFAULT = _code(
    55,
    "默认结果永远用不到：各行已覆盖所有情况",
    "the default is never given: the rows cover everything",
    ("可以删去 default", "the default may be removed"),
)
NO_RANKS = _code(
    56,
    '规则“{hit}”需要 ranks 说明结果的先后，例如 ranks = {{ treatment = ["visit", "collect"] }}',
    'hit policy \'{hit}\' needs ranks, the order of its answers: ranks = {{ treatment = ["visit", "collect"] }}',
    ("写明结果的先后", "write down the order of the answers"),
)
UNRANKED = _code(
    57,
    "ranks 中没有“{value}”，不知道它排在第几",
    "'{value}' is not in ranks, so its place in the order is unknown",
    ("把它加入 ranks", "add it to ranks"),
)
BAD_GATHER = _code(
    58,
    "gather = {gather} 不能用于{kind_zh}",
    "gather = {gather} cannot be used on {kind_en}",
    ("改用能汇总的输出", "gather an output that can be"),
)
CAUGHT = _code(
    59,
    "没有别的行管、只由{by_zh}兜底的情况：",
    "no other row decides these; {by_en} catches them:",
    ("逐条看这样处理是否合适；不合适的，为它加一行", "see whether each is meant so; where not, add a row for it"),
)
# use
MISSING_COLUMNS = _code(60, "数据缺少策略要用的列：{names}", "the data lack columns the strategy uses: {names}")
TWO_FIRED = _code(
    61,
    "表“{table}”是 unique，却有 {count} 份合同同时满足多行，例如行“{rows}”",
    "table '{table}' is unique, yet {count} loans meet several rows, for example rows '{rows}'",
)
ANSWERS_DIFFER = _code(
    62,
    "表“{table}”是 any，却有 {count} 份合同满足结果不同的多行，例如行“{rows}”",
    "table '{table}' is any, yet {count} loans meet rows with different results, for example rows '{rows}'",
)
OTHER_CURRENCY = _code(
    63,
    "数据中的币种 {have} 与策略的币种 {want} 最小单位不同，金额条件无法比较",
    "the data's currency {have} has other minor units than the strategy's {want}, so amounts cannot be compared",
)
UNKNOWN_EXTRA = _code(
    64,
    "工作台数据中有不认识的列：{names}；可用：{known}",
    "the desk's data have unknown columns: {names}; known are: {known}",
)
TWO_ROWS = _code(65, "{table} 中同一 {key} 有多行", "{table} has several rows for the same {key}")
TEST_FAILED = _code(
    70,
    "测试“{test}”没有通过：",
    "test '{test}' fails:",
    ("看是表错了还是测试错了", "see whether the table or the test is wrong"),
)
TEST_BAD = _code(71, "测试“{test}”：{why_zh}", "test '{test}': {why_en}")
# experiments
SAME_SALT = _code(
    100,
    "两个试验用了同一个盐值“{salt}”，分组就不独立了",
    "two experiments share the salt '{salt}', so their arms are not independent",
    ("给新的试验另起一个 salt", "give the newer experiment a salt of its own"),
)
NO_HOLD_OUT = _code(
    101,
    "这一行问 held_out，但文件没有 [hold_out] 一节，没有人会进对照组",
    "this row asks for held_out, but the file has no [hold_out] section: nobody is held out",
    ("写上 [hold_out]，或删去这一行", "write [hold_out], or take the row out"),
)
IDLE_HOLD_OUT = _code(
    102,
    "有 [hold_out] 一节，但没有一行问 held_out，对照组不起作用",
    "there is a [hold_out] section, but no row asks for held_out, so it has no effect",
    ("加一行少打提醒电话的行，参见标准策略的 not_today", "add a row like not_today of the standard strategy"),
)
HOLD_OUT_TAKES = _code(
    103,
    "对照组只能少一次提醒电话，这一行会影响“{name}”的客户",
    "the hold-out may leave out a reminder call and nothing else; this row takes from {name}",
    ("在这一行写明 {needed}", "say {needed} in this row"),
)
DECIDES_TOO_MUCH = _code(
    104,
    "“{name}”只说明怎么跟他沟通，不能决定这一列",
    "{name} says how to talk to somebody and may not decide this",
    ("问它的表只给出 {allowed}", "let the table that asks for it give only {allowed}"),
)
HARSH_WORD = _code(
    80,
    "用语“{word}”带有威胁或以罚息诱导，不允许出现在策略文字里",
    "the words '{word}' threaten, or offer a penalty as a way out; a strategy's texts may not hold them",
    ("改成平和、事实的说法", "say it calmly and factually"),
)
