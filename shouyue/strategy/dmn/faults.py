"""What can be wrong with a DMN file, or cannot be held, in words."""

from __future__ import annotations

from shouyue.base.errors import Code
from shouyue.strategy.faults import StrategyError, declare


class DmnError(StrategyError):
    """A DMN file that cannot be used; ``findings`` names every element that cannot be held."""


def _code(number: int, zh: str, en: str, do: tuple[str, str] | None = None) -> Code:
    return declare(f"DMN-{number:03d}", zh, en, do, kind=DmnError)


NOT_XML = _code(1, "文件 {file} 不是合法的 XML：第 {line} 行 {why}", "file {file} is not valid XML: line {line}, {why}")
HOSTILE = _code(
    2,
    "文件 {file} 含有文档类型或实体声明，拒绝读取",
    "file {file} declares a document type or entities and is not read",
)
TOO_LARGE = _code(
    3,
    "文件 {file} 太大：{what} 超过上限 {limit}",
    "file {file} is too large: {what} above the limit of {limit}",
)
NOT_DMN = _code(
    4,
    "文件 {file} 的根元素是 {{{namespace}}}{tag}，不是 DMN 1.1–1.5 的 definitions",
    "the root of {file} is {{{namespace}}}{tag}, not the definitions of DMN 1.1 to 1.5",
)
UNUSABLE = _code(
    5,
    "文件 {file} 有 {count} 处不能读入。第一处：{first_zh}",
    "file {file} has {count} place(s) that cannot be taken over. The first: {first_en}",
)
NO_TABLES = _code(6, "文件中没有决策表", "the file has no decision table")
LANGUAGE = _code(
    10,
    "{element} 用的表达式语言是 {language}，只支持 FEEL",
    "{element} is written in {language}; only FEEL is read",
    ("在建模工具中改用 FEEL", "write it in FEEL in the modelling tool"),
)
NOT_A_NAME = _code(
    11,
    "{element}：输入“{text}”不只是一个名称",
    "{element}: the input '{text}' is more than a name",
    ("另设一个输入或决策来计算它", "make it an input or a decision of its own"),
)
BAD_CELL = _code(
    12,
    "{element}：单元格“{text}”不能表示：{why_zh}",
    "{element}: the cell '{text}' cannot be held: {why_en}",
    ("改成单元格语言能写的条件", "write a condition the cell language has"),
)
OTHER_LOGIC = _code(
    13,
    "{element} 不是决策表，也不是一个常数",
    "{element} is neither a decision table nor one constant",
    ("改成决策表", "make it a decision table"),
)
BAD_TYPE = _code(
    14,
    "{element}：类型“{type}”不能表示",
    "{element}: the type '{type}' cannot be held",
    ("改成 number、string、boolean 或 date", "use number, string, boolean or date"),
)
NOT_A_CONSTANT = _code(
    15,
    "{element}：结果“{text}”不是常数",
    "{element}: the result '{text}' is not a constant",
    ("改成一个值", "write one value"),
)
NO_ORDER = _code(
    16,
    "{element}：规则 {hit} 需要 outputValues 给出结果的先后",
    "{element}: hit policy {hit} needs outputValues to order its answers",
    ("补上 outputValues", "add outputValues"),
)
BAD_HIT = _code(
    17,
    "{element}：不认识的规则“{hit}”",
    "{element}: unknown hit policy '{hit}'",
    ("改成 DMN 的七种规则之一", "use one of DMN's seven hit policies"),
)
COMPOUND = _code(
    18,
    "{element}：聚合 {hit} 不能用于多个输出",
    "{element}: the aggregation {hit} has no meaning for several outputs",
    ("每个输出各用一张表", "use a table for each output"),
)
UNEVEN = _code(
    19,
    "{element} 有 {have} 格条件与结果，表有 {want} 列",
    "{element} has {have} entries, the table has {want} columns",
    ("补齐或删去格子", "add or remove entries"),
)
NOT_REQUIRED = _code(
    20,
    "{element}：用到的“{name}”不在决策的 informationRequirement 中",
    "{element}: '{name}' is used but is no information requirement of the decision",
    ("在决策上补 informationRequirement", "add the information requirement"),
)
UNKNOWN_REFERENCE = _code(
    21,
    "{element}：找不到“{href}”",
    "{element}: there is no '{href}'",
    ("改正 href", "correct the href"),
)
CYCLE = _code(
    22,
    "决策互相依赖，成环：{names}",
    "decisions need each other in a circle: {names}",
    ("去掉其中一个依赖", "remove one of the requirements"),
)
A_LIST = _code(
    23,
    "{element}：“{name}”给出一个列表，不能作为另一张表的输入",
    "{element}: '{name}' gives a list, which cannot be the input of another table",
    ("改用只有一个结果的规则", "use a hit policy with one answer"),
)
SAME_NAME = _code(
    24,
    "{element}：名称“{name}”出现了两次",
    "{element}: the name '{name}' is given twice",
    ("给其中一个另取名称", "give one of them another name"),
)
LEFT_OUT = _code(
    30,
    "未读入 {element}：它不影响决策",
    "{element} is left out: it does not bear on the decisions",
)
# writing
CANNOT_WRITE = _code(
    40,
    "DMN 表示不了 {place}：{why_zh}",
    "DMN cannot hold {place}: {why_en}",
)
SOURCE_CHANGED = _code(
    41,
    "文件中保存的策略原文已损坏：{why}",
    "the strategy's own text kept in the file is damaged: {why}",
)
# running and the kit
NO_FOLDER = _code(50, "文件夹 {folder} 中没有 TCK 的用例", "the folder {folder} holds no case of the kit")
BAD_CASE = _code(51, "用例 {file} 读不懂：{why}", "the case {file} cannot be read: {why}")
