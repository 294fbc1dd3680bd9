"""`shouyue strategy`: see, check and test the tables that decide the work."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from shouyue.cli.trial import simulate
from shouyue.strategy import Finding, Strategy, check, draft, known, load, run_tests
from shouyue.strategy.showing import as_text

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
    """A strategy's tables. FILE is a path or a name. 显示策略。"""
    found = draft(file)
    click.echo(found.text if text else as_text(found))


@strategy.command("check")
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a finding. 输出 JSON。")
def check_(file: str, as_json: bool) -> None:
    """Names, types, gaps, overlaps, dead rows. Exit 0 nothing found, 3 warnings only, 2 errors. 检查策略。"""
    found = draft(file)
    findings = check(found)
    for finding in findings:
        _say(finding, as_json)
    severities = {f.severity for f in findings}
    if not as_json:
        _sum_up(found, findings)
    sys.exit(FAILED if "error" in severities else PARTLY if "warning" in severities else OK)


@strategy.command()
@click.argument("file")
def test(file: str) -> None:
    """Run the tests that live in the file. Exit 0 all passed, 2 otherwise. 运行策略自带的测试。"""
    found = load(file)
    results = run_tests(found)
    for result in results:
        click.echo(f"{'✓' if result.passed else '✗'} {result.case.name}")
        for finding in result.findings:
            click.echo(f"    {finding.zh}\n    {finding.en}")
    passed = sum(r.passed for r in results)
    click.echo(f"{found.id}: {passed}/{len(results)}")
    sys.exit(OK if results and passed == len(results) else FAILED)


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
