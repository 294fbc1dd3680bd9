"""A suggested profile as TOML that a person can read and correct: a reason for every line, in zh and en.

Of the data only formats, counts, headers and known codes are told; never a value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from shouyue.book.schema import TABLES, Field
from shouyue.book.sniffing import Said
from shouyue.book.suggest import Proposed, ProposedTable, Suggestion, parts_of

TITLES = {
    "customers": ("客户", "customers"),
    "contacts": ("联系方式", "contacts"),
    "loans": ("合同", "loans"),
    "instalments": ("还款计划", "instalments"),
    "charges": ("罚息与费用", "charges"),
    "payments": ("还款流水", "payments"),
    "pauses": ("暂停", "pauses"),
    "balances": ("核心余额", "balances"),
}
#: confidence -> how it is called
LEVELS = ((0.85, "高", "high"), (0.65, "中", "medium"), (0.0, "低", "low"))
#: a header that looks so may be somebody's data in a broken file
_DATA_LIKE = re.compile(r"\d{5,}|@")
WIDTH = 118


def toml(s: Suggestion) -> str:
    """The suggestion as the text of a profile; incomplete where mandatory columns were not found, and it says so."""
    lines = [
        "# 由 `shouyue profile suggest` 根据表头与取值提出。请逐条核对，再用：",
        "# Proposed by `shouyue profile suggest` from headers and values. Read it line by line, then:",
        "#   shouyue profile check FILE",
        f"#   shouyue import{'' if s.database else ' DIR'} --profile FILE --book BOOK",
        *_findings(s),
        "",
        f"name = {text(s.name)}",
        f"currency = {text(s.currency)}  # {_both(s.currency_why)}",
    ]
    if s.database:
        lines += ["", "[database]", "# 存放连接地址的环境变量 the environment variable that holds the address"]
        lines += [f"address = {text(s.database)}"]
    for t in s.tables:
        lines += ["", *_table(t)]
    return "\n".join(lines) + "\n"


def _findings(s: Suggestion) -> list[str]:
    lines: list[str] = []
    absent = [f"{t.name} {'·'.join(TITLES[t.name][:1])}" for t in s.missing_tables]
    absent += [f"{t.table.name}.{f.name} {f.zh} · {f.en}" for t in s.tables for f in t.missing]
    if absent:
        lines += ["#", "# 缺少的必填项 MANDATORY, BUT NOTHING FOUND"]
        lines += [f"#   - {_line(a)}" for a in absent]
    if s.questions:
        lines += ["#", "# 待您确认 TO BE DECIDED BY YOU"]
        for number, (place, said) in enumerate(s.questions, 1):
            lines += [f"#   {number}. {place}", f"#      {_line(said[0])}", f"#      {_line(said[1])}"]
    if s.left_out:
        lines += ["#", "# 未使用的文件 FILES LEFT OUT"]
        for one in s.left_out:
            lines += [f"#   - {_line(one.name)}", f"#      {_line(one.zh)}", f"#      {_line(one.en)}"]
    return lines


def _table(t: ProposedTable) -> list[str]:
    zh = TITLES[t.table.name][0]
    rule = f"# ── {t.table.name} {zh} "
    lines = [rule + "─" * max(4, 78 - len(rule) - len(zh)), f"[tables.{t.table.name}]"]
    lines += [f"# {_both(w)}" for w in t.why]
    if t.query is not None:
        lines += [f"# {_line(t.samples[0].label)}", "query = " + _long(t.query)]
    else:
        lines.append(f"files = {texts(t.files)}" + ("  # * 处为日期 * stands for a day" if _open(t.files) else ""))
    for key, value in t.keys.items():
        lines.append(f"{key} = {literal(value)}{_why_key(t, key)}")
    lines.append(f"identity = {texts(t.identity)}  # {_both(t.identity_why)}")
    lines += _asked(t.questions)
    lines += ["", f"[tables.{t.table.name}.columns]"]
    for c in t.columns:
        lines += _column(c)
    if parts := parts_of(t):
        lines.append(f"# amount_minor：未给出，由 {' + '.join(parts)} 相加 · not given: their sum")
    lines += [_gap(f) for f in t.missing]
    return lines + _unmapped(t)


def _open(files: Sequence[str]) -> bool:
    return any("*" in re.sub(r"\[.\]", "", f) for f in files)


def _why_key(t: ProposedTable, key: str) -> str:
    said = {
        "encoding": t.samples[0].encoding_why,
        "delimiter": ("字段个数最一致", "gives the most even rows"),
        "skip_lines": ("表头之上的标题行", "title lines above the header"),
        "ignore_lines": ("表尾的合计行", "totals under the table"),
        "dates": ("最常见的日期格式", "how most days are written"),
        "unit": ("金额单位，说明见各列", "unit of amounts; the columns say why"),
        "decimal": ("小数点", "decimal mark"),
        "thousands": ("千位分隔符", "thousands mark"),
    }.get(key)
    return f"  # {_both(said)}" if said and said[1] else ""


def _column(c: Proposed) -> list[str]:
    level = next(((zh, en) for least, zh, en in LEVELS if c.confidence >= least), LEVELS[-1][1:])
    head = f"# {c.spec.zh} {c.spec.en} · 把握 {level[0]} {level[1]}"
    # each language in a line of its own where one line would not hold both
    zh, en = "；".join(w[0] for w in c.why), "; ".join(w[1] for w in c.why)
    rows = f" · {c.rows:,} 行 rows" if c.rows else ""
    one = f"{head} · {zh} {en}{rows}"
    lines = [_line(one)] if len(one) <= WIDTH else [_line(f"{head}{rows}"), f"#   {_line(zh)}", f"#   {_line(en)}"]
    lines += _asked(c.questions)
    return [*lines, f"{c.spec.name} = {_given(c.given)}"]


def _asked(questions: Sequence[Said]) -> list[str]:
    lines = []
    for zh, en in questions:
        lines += [f"# 问：{_line(zh)}", f"# QUESTION: {_line(en)}"]
    return lines


def _gap(f: Field) -> str:
    return f'# {f.name} = "?"  # 缺：必填 {f.zh}，未找到 · MISSING: mandatory {f.en}, nothing found'


def _unmapped(t: ProposedTable) -> list[str]:
    lines: list[str] = []
    hidden = 0
    for header, said in t.unmapped:
        if _DATA_LIKE.search(header):
            hidden += 1
        else:
            lines.append(f"#   {text(header)}  {_both(said)}")
    if hidden:
        lines.append(f"#   {hidden} 个表头像数据，未列出 · headers that look like data, not shown")
    found = {c.spec.name for c in t.columns} | {f.name for f in t.missing}
    free = [f for f in TABLES[t.table.name].fields if f.name not in found and f.need == "may"]
    if lines:
        lines.insert(0, "# 未映射的列 columns left unmapped:")
    if free:
        lines.append("# 可选字段，未找到 optional fields, nothing found:")
        lines += [f"#   {f.name}  {f.zh} · {f.en}" for f in free]
    return lines


# --- TOML


def _given(given: Mapping[str, object]) -> str:
    if list(given) == ["from"]:
        return text(str(given["from"]))
    return literal(given)


def literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(str(k))} = {literal(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return texts(value)
    return text(str(value))


def texts(values: Sequence[object]) -> str:
    return "[" + ", ".join(literal(v) for v in values) + "]"


def text(value: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _long(value: str) -> str:
    """A TOML text of several lines, each escaped like a short one but for its quotes."""
    lines = [text(line)[1:-1].replace('\\"', '"') for line in value.splitlines()]
    return '"""\n' + "\n".join(line.replace('"""', '""\\"') for line in lines) + '\n"""'


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else text(name)


def _both(said: Said) -> str:
    return _line(f"{said[0]} · {said[1]}")


def _line(said: str) -> str:
    """One line: a comment must not break out of itself."""
    return re.sub(r"[\x00-\x1f\x7f\u0085\u2028\u2029]", " ", said)
