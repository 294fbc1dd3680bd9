"""`shouyue strategy`: see, check and test the tables that decide the work."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click

from shouyue.base import clock
from shouyue.base.errors import Code
from shouyue.cli.backtest import backtest
from shouyue.cli.experiments import experiments
from shouyue.cli.strategy_versions import given, versions
from shouyue.cli.trial import simulate
from shouyue.strategy import Finding, Strategy, StrategyError, check, draft, exchange, known, read, run_tests
from shouyue.strategy.checking import Check
from shouyue.strategy.reading import usable
from shouyue.strategy.showing import as_text

ONE_FORMAT = Code("STRAT-090", zh="请给出 --xlsx 或 --dmn 其中一个", en="give one of --xlsx and --dmn")
IN_THE_WAY = Code(
    "STRAT-092",
    zh="文件 {file} 已存在且内容不同；加 --replace 覆盖",
    en="file {file} is there with other content; --replace writes over it",
)

#: exit codes: all well; nothing usable; usable with warnings
OK, FAILED, PARTLY = 0, 2, 3
_SIGN = {"error": "✗", "warning": "!", "note": "·"}


@click.group()
def strategy() -> None:
    """Segments and decision tables: what to do with each loan. 客群与决策表。"""


@strategy.command("list")
def list_() -> None:
    """Strategies that may be given by name. 可用策略。"""
    for name, path in known().items():
        found = draft(path)
        click.echo(f"{name}\t{found.version}\t{found.zh} · {found.en}\t{path}")


@strategy.command()
@click.argument("file")
@click.option("--text", is_flag=True, help="The file itself, not a summary. 原文。")
def show(file: str, text: bool) -> None:
    """A strategy's tables. FILE is a path, a name, or NAME#NUMBER for a version. 显示策略。"""
    found = given(file)
    click.echo(found.text if text else as_text(found))


@strategy.command("check")
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a finding. 输出 JSON。")
@click.option("--no-pack", is_flag=True, help="Not against the rule pack in force. 不核对合规规则。")
def check_(file: str, as_json: bool, no_pack: bool) -> None:
    """Names, types, gaps, overlaps, dead rows, and what the rule pack never allows. 检查策略。

    Exit 0 nothing found, 3 warnings only, 2 errors.
    """
    found = given(file)
    findings = check(found, also=[] if no_pack else [_pack()])
    for finding in findings:
        _say(finding, as_json)
    if not as_json:
        _sum_up(found, findings)
    sys.exit(_exit_code(findings))


@strategy.command()
@click.argument("file")
def test(file: str) -> None:
    """Run the tests that live in the file. Exit 0 all passed, 2 otherwise. 运行策略自带的测试。"""
    found = given(file)
    usable(found)
    results = run_tests(found)
    for result in results:
        click.echo(f"{'✓' if result.passed else '✗'} {result.case.name}")
        for finding in result.findings:
            for line in (finding.zh, *finding.cases_zh, finding.en, *finding.cases_en):
                click.echo(f"    {line}")
    passed = sum(r.passed for r in results)
    click.echo(f"{found.id}: {passed}/{len(results)}")
    sys.exit(OK if results and passed == len(results) else FAILED)


FILE = click.Path(dir_okay=False, path_type=Path)


@strategy.command()
@click.argument("file")
@click.option("--xlsx", type=FILE, help="Write a workbook: a sheet per table. 写成工作簿。")
@click.option("--dmn", type=FILE, help="Write DMN 1.5 decision tables. 写成 DMN。")
def export(file: str, xlsx: Path | None, dmn: Path | None) -> None:
    """A strategy as a workbook or as DMN. FILE is a path, a name, or NAME#NUMBER for a version. 导出策略。"""
    if (xlsx is None) == (dmn is None):
        raise ONE_FORMAT.error()
    found = given(file)
    usable(found)
    target, form = (xlsx, "xlsx") if xlsx is not None else (dmn, "dmn")
    assert target is not None
    data = exchange.written(found, form)
    target.write_bytes(data)
    click.echo(f"{found.id} → {target}  {len(data):,} B")


@strategy.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=FILE, help="Where the strategy's text goes; else beside FILE. 写到哪里。")
@click.option("--replace", is_flag=True, help="Write over a file with other content. 覆盖。")
def import_(file: Path, out: Path | None, replace: bool) -> None:
    """A workbook (.xlsx) or DMN file (.dmn, .xml) as a strategy's text, then its check. 导入策略。

    Exit codes are those of check. The text is written with errors too, so that it can be mended.
    """
    text, notes = _taken(file)
    target = out or file.with_suffix(".toml")
    if target.exists() and target.read_text("utf-8") != text and not replace:
        raise IN_THE_WAY.error(file=target)
    target.write_text(text, "utf-8")
    found = read(text, target.name)
    findings = [*check(found, also=[_pack()]), *notes]
    for finding in findings:
        _say(finding, as_json=False)
    _sum_up(found, findings)
    click.echo(f"→ {target}")
    sys.exit(_exit_code(findings))


def _taken(file: Path) -> tuple[str, Iterable[Finding]]:
    """The text in a file of another format. What cannot be taken over is told place by place."""
    try:
        return exchange.taken(file.read_bytes(), file.name)
    except StrategyError as error:
        for finding in error.findings:
            _say(finding, as_json=False)
        raise


@strategy.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--quiet", is_flag=True, help="Only the sums. 只看合计。")
def tck(folder: Path, quiet: bool) -> None:
    """Run cases of the public DMN compatibility kit. Exit 0 none failed, 2 otherwise. 运行 DMN TCK 用例。

    Prints the share of the decision-table cases that pass, by the kit's level; each case that fails or is skipped is
    named with its reason.
    """
    from shouyue.strategy.dmn.tck import outcomes

    found = list(outcomes(folder))
    for outcome in found if not quiet else ():
        if outcome.state != "passed":
            sign = {"failed": "✗", "skipped": "·"}[outcome.state]
            click.echo(f"{sign} {outcome.file} {outcome.case}\n    {outcome.why_zh}\n    {outcome.why_en}")
    for level in sorted({o.level for o in found}):
        tables = Counter(o.state for o in found if o.level == level and o.table)
        whole, passed = tables.total(), tables["passed"]
        share = f"{passed / whole:.1%}" if whole else "–"
        click.echo(
            f"级别 level {level or '–'}：决策表用例 decision-table cases {passed}/{whole} = {share} · "
            f"失败 failed {tables['failed']} · 跳过 skipped {tables['skipped']}"
        )
    others = Counter(o.state for o in found if not o.table)
    click.echo(f"其他用例（不是决策表）cases of something else: 跳过 skipped {others['skipped']}")
    sys.exit(FAILED if any(o.state == "failed" for o in found) else OK)


def _pack() -> Check:
    """The check against the rule pack in force, from today on."""
    from shouyue.compliance import pack
    from shouyue.compliance.contradictions import against

    return against(pack.active(), clock.today())


def _exit_code(findings: Iterable[Finding]) -> int:
    severities = {f.severity for f in findings}
    return FAILED if "error" in severities else PARTLY if "warning" in severities else OK


def _say(finding: Finding, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(finding), ensure_ascii=False))
    else:
        click.echo(f"{_SIGN[finding.severity]} {finding}")


def _sum_up(found: Strategy, findings: list[Finding]) -> None:
    counts = {s: sum(f.severity == s for f in findings) for s in _SIGN}
    rows = sum(len(t.rows) for t in found.tables)
    click.echo(f"{found.id} sha256:{found.digest[:12]} · {len(found.tables)} 表 tables · {rows} 行 rows")
    click.echo(f"错误 errors {counts['error']} · 警告 warnings {counts['warning']} · 提示 notes {counts['note']}")


strategy.add_command(simulate)
strategy.add_command(backtest)
strategy.add_command(experiments)
strategy.add_command(versions)
