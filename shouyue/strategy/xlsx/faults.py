"""What a workbook may have that cannot be taken over, in words, with sheet and cell."""

from __future__ import annotations

from shouyue.base.errors import Code
from shouyue.strategy.faults import StrategyError, declare


class WorkbookError(StrategyError):
    """A workbook that cannot be taken over; ``findings`` names every sheet and cell."""


def _code(number: int, zh: str, en: str, do: tuple[str, str] | None = None) -> Code:
    return declare(f"XLSX-{number:03d}", zh, en, do, kind=WorkbookError)


NOT_A_WORKBOOK = _code(1, "文件 {file} 不是 XLSX 工作簿", "file {file} is no XLSX workbook")
TOO_LARGE = _code(
    2,
    "工作簿 {file} 太大：{what} 超过上限 {limit}",
    "workbook {file} is too large: {what} above the limit of {limit}",
)
TOO_MANY_ROWS = _code(
    3,
    "工作表“{sheet}”超过 {limit} 行",
    "sheet '{sheet}' has more than {limit} rows",
)
UNUSABLE = _code(
    4,
    "工作簿 {file} 有 {count} 处不能读入。第一处：{first_zh}",
    "workbook {file} has {count} place(s) that cannot be taken over. The first: {first_en}",
)
FORMULA = _code(
    10,
    "{sheet}!{cell} 是公式；只读值",
    "{sheet}!{cell} is a formula; only values are read",
    ("改成值；条件“= 3”写成“3”", "put the value there; the condition '= 3' is written '3'"),
)
MERGED = _code(
    11,
    "{sheet}!{cell} 是合并单元格",
    "{sheet}!{cell} are merged cells",
    ("取消合并，每格各写各的", "unmerge them and fill each cell"),
)
HIDDEN = _code(
    12,
    "{sheet} 的 {what} 被隐藏；隐藏的内容也会生效，所以不读",
    "{what} of {sheet} is hidden; what nobody sees is not taken over",
    ("取消隐藏，或删去", "show it, or delete it"),
)
WRONG_KIND = _code(
    13,
    "{sheet}!{cell} 的值 {value} 不能用：{why_zh}",
    "{sheet}!{cell} holds {value}, which cannot be used: {why_en}",
    ("改成文字", "write it as text"),
)
NO_SHEET = _code(14, "缺少工作表“{sheet}”", "the sheet '{sheet}' is missing", ("补上这张工作表", "add the sheet"))
NO_HEADING = _code(
    15,
    "工作表“{sheet}”没有表头：应有一行以 row 开头，并有 =>",
    "sheet '{sheet}' has no heading: a line that begins with row and has =>",
    ("补上表头", "add the heading"),
)
UNKNOWN_KEY = _code(
    16,
    "{sheet}!{cell}：不认识“{key}”；可写：{known}",
    "{sheet}!{cell}: unknown '{key}'; known are: {known}",
    ("改正或删去", "correct or remove it"),
)
OUTSIDE = _code(
    17,
    "{sheet}!{cell} 在表的列之外，读入会丢失",
    "{sheet}!{cell} lies outside the table's columns and would be lost",
    ("移到列内，或删去", "move it into a column, or remove it"),
)
TWICE = _code(
    18,
    "{sheet}!{cell}：“{name}”出现了两次",
    "{sheet}!{cell}: '{name}' is given twice",
    ("给其中一个另取名称", "give one of them another name"),
)
UNQUOTED = _code(
    19,
    "{sheet}!{cell}：“{value}”含有 |、# 或 =>，须加双引号",
    "{sheet}!{cell}: '{value}' holds |, # or => and needs double quotes",
    ("加上双引号", "put it in double quotes"),
)
BAD_DATA = _code(
    20,
    "{sheet}!{cell}：看不懂“{value}”",
    "{sheet}!{cell}: cannot read '{value}'",
    ("写成 名称 = 值, 名称 = 值", "write name = value, name = value"),
)
SOURCE_CHANGED = _code(
    21,
    "工作表“{sheet}”被改过；它只保存注释与版式，请改其他工作表",
    "sheet '{sheet}' was changed; it only keeps comments and layout, so change the other sheets",
    ("恢复原样，或删去这张工作表（注释会丢失）", "restore it, or delete the sheet (comments are lost)"),
)
# writing
LONG_LINE = _code(
    30,
    "策略里有一行超过 {limit} 个字符，放不进单元格",
    "a line of the strategy has more than {limit} characters, which no cell can hold",
)
