"""Files for the core as tests write them: by their documentation alone."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

CONCESSIONS = (
    "record,instruction,line,concession,contract,component,currency,amount,proposed_by,approved_by,approved_on"
)
SETTLEMENTS = (
    "record,instruction,line,quote,contract,component,currency,contract_amount,waived,amount,pay_by,accepted_on"
)
CONTACTS = (
    "record,instruction,line,change,customer,phone,relation,place,name,mark,value,city,zone,letters,source,reference,"
    "told_at"
)


def yuan(minor: int) -> Decimal:
    return Decimal(minor).scaleb(-2)


def concessions(folder: Path, number: int, waived: list[tuple[str, str, int]]) -> Path:
    """(contract, component, minor units) each."""
    rows = [CONCESSIONS]
    for n, (contract, component, minor) in enumerate(waived, 1):
        rows.append(f"waive,{number},{n},w{n},{contract},{component},CNY,{yuan(minor)},rep1,head,2026-11-24")
    for component in sorted({component for _, component, _ in waived}):
        sums = [minor for _, of, minor in waived if of == component]
        rows.append(f"total,{number},{len(sums)},,,{component},CNY,{yuan(sum(sums))},,,")
    rows.append(f"end,{number},{len(waived)},,,,,,,,")
    return _write(folder, f"concessions-{number:06}.csv", rows)


def settlements(folder: Path, number: int, told: list[tuple[str, dict[str, int], date]]) -> Path:
    """(contract, minor units by component, day) each."""
    rows, line = [SETTLEMENTS], 0
    for n, (contract, parts, pay_by) in enumerate(told, 1):
        for component, minor in sorted(parts.items()):
            line += 1
            amounts = f"{yuan(minor)},0.00,{yuan(minor)}"
            rows.append(f"part,{number},{line},q{n},{contract},{component},CNY,{amounts},{pay_by},2026-11-24")
        line += 1
        rows.append(f"settle,{number},{line},q{n},{contract},,CNY,,,{yuan(sum(parts.values()))},{pay_by},2026-11-24")
    whole = sum(sum(parts.values()) for _, parts, _ in told)
    rows.append(f"total,{number},{len(told)},,,settle,CNY,,,{yuan(whole)},,")
    rows.append(f"end,{number},{line},,,,,,,,,")
    return _write(folder, f"settlements-{number:06}.csv", rows)


def contacts(folder: Path, number: int, told: list[dict[str, str]]) -> Path:
    """The cells of each line that say something."""
    head = CONTACTS.split(",")
    rows = [CONTACTS]
    for n, cells in enumerate(told, 1):
        whole = {"record": "change", "instruction": str(number), "line": str(n), "source": "borrower", **cells}
        rows.append(",".join(whole.get(name, "") for name in head))
    for change, count in sorted(Counter(cells["change"] for cells in told).items()):
        rows.append(f"total,{number},{count},{change}" + "," * 13)
    rows.append(f"end,{number},{len(told)}," + "," * 13)
    return _write(folder, f"contacts-{number:06}.csv", rows)


def _write(folder: Path, name: str, rows: list[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path
