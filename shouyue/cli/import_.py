from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from shouyue.base import settings


@click.command("import")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--profile", "profile_name", required=True, help="Profile file, or name of a shipped one. 导入配置。")
@click.option("--book", required=True, help="Name or path of the book. 账册。")
@click.option("--append", is_flag=True, help="Add to the book what is new in DIR. 追加到现有账册。")
@click.option("--day", help="The day the data is of, as 2026-11-24. 数据日期。")
@click.option("--after", help="Version or day that an append must follow. 追加应接在哪个版本或日期之后。")
@click.option(
    "--quarantine",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for a copy of the quarantine file. 隔离文件的副本目录。",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON. 以 JSON 输出。")
def import_(
    folder: Path | None,
    profile_name: str,
    book: str,
    append: bool,
    day: str | None,
    after: str | None,
    quarantine: Path | None,
    as_json: bool,
) -> None:
    """Read a lender's files, or his database, into a book. 导入放贷机构的数据文件或数据库。

    DIR holds the files; a profile whose tables are all queries needs none. 全部来自数据库查询时不必给出 DIR。

    Exit code 0: every row accepted; 3: some rows quarantined; 2: nothing imported.
    """
    from shouyue.base.errors import ShouyueError
    from shouyue.book import report
    from shouyue.book.importing import import_folder
    from shouyue.book.profile import load
    from shouyue.cli.age import day as day_given

    try:
        profile = load(profile_name)
        with _progress() as progress:
            outcome = import_folder(
                folder,
                profile,
                settings.book_path(book),
                append=append,
                day=day_given("--day", day),
                after=after,
                quarantine_dir=quarantine,
                progress=progress,
            )
    except ShouyueError as error:
        if as_json:
            print(json.dumps({"error": error.code, "zh": error.zh, "en": error.en}, ensure_ascii=False))
        else:
            click.echo(f"{error.code}\n  {error.zh}\n  {error.en}", err=True)
        sys.exit(2)
    if as_json:
        print(json.dumps(report.as_dict(outcome), ensure_ascii=False, indent=1))
    else:
        report.show(outcome, profile.currency)
    sys.exit(outcome.exit_code)


@contextmanager
def _progress() -> Iterator[Callable[[str, float], None]]:
    """A bar on a terminal, else a line whenever another table begins."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        seen: set[str] = set()

        def line(table: str, done: float) -> None:
            begun = table.split(" ← ")[0] + " ←" * (" ← " in table)
            if begun not in seen:
                seen.add(begun)
                print(f"{done:4.0%} {begun}", file=sys.stderr, flush=True)

        yield line
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda table, done: bar.update(task, description=table, completed=done)
