"""A strategy's text as a file of another format, and back: TOML itself, workbooks, DMN decision tables."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from shouyue.base.errors import Code
from shouyue.strategy import faults
from shouyue.strategy.faults import Finding
from shouyue.strategy.model import Strategy

#: what a strategy is written as, and how it is sent
FORMATS = {
    "toml": "application/toml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "dmn": "application/xml",
}
OTHER_FORMAT = Code(
    "STRAT-091",
    zh="不认识文件 {file} 的格式；可读 .toml、.xlsx、.dmn、.xml",
    en="the format of {file} is not known; .toml, .xlsx, .dmn and .xml are read",
    kind=faults.StrategyError,
)


def taken(data: bytes, file: str) -> tuple[str, Iterable[Finding]]:
    """The text in a file, by the ending of its name, and notes on what was left out.

    Raises STRAT-002, STRAT-091, XLSX-… and DMN-… with ``findings`` place by place.
    """
    ending = PurePath(file).suffix.lower()
    if ending == ".toml":
        from shouyue.strategy.reading import read

        return read(data, file).text, ()
    if ending == ".xlsx":
        from shouyue.strategy.xlsx import reading as workbook

        return workbook.taken(data, file), ()
    if ending in (".dmn", ".xml"):
        from shouyue.strategy.dmn import taking

        return taking.taken(data, file)
    raise OTHER_FORMAT.error(file=file)


def written(strategy: Strategy, form: str) -> bytes:
    """The strategy in one of ``FORMATS``; all but TOML need one without errors."""
    if form == "xlsx":
        from shouyue.strategy.xlsx import writing as workbook

        return workbook.write(strategy)
    if form == "dmn":
        from shouyue.strategy.dmn import writing as model

        return model.write(strategy)
    return strategy.text.encode()
