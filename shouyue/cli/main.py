"""`shouyue`: one command, its subcommands loaded only when called, so that `--help` is instant."""

from __future__ import annotations

import importlib
import sys

import click

from shouyue import __version__
from shouyue.base.errors import ShouyueError

#: subcommand -> (module, attribute, one-line help in zh and en)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "import": (
        "shouyue.cli.import_",
        "import_",
        "Read a lender's files or database into a book. 导入放贷机构的数据。",
    ),
    "book": ("shouyue.cli.book", "book", "Versions of a book, here and on a store. 账册版本。"),
    "profile": ("shouyue.cli.profile", "profile", "Import profiles: suggest, check, list. 导入配置。"),
    "age": ("shouyue.cli.age", "age", "How late is each loan on a day? 计算逾期。"),
    "history": ("shouyue.cli.history", "history", "A loan's days past due, day by day. 逾期历程。"),
    "convention": ("shouyue.cli.convention", "convention", "How lateness is counted: list, show, check. 逾期口径。"),
    "reconcile": ("shouyue.cli.reconcile", "reconcile", "Hold the lender's own balances against ours. 对账。"),
    "strategy": ("shouyue.cli.strategy", "strategy", "Segments and decision tables. 策略。"),
    "simulate": ("shouyue.cli.simulate", "simulate", "Write a believable lender's export. 模拟数据。"),
    "day": ("shouyue.cli.day", "day", "Run the daily cycle into the desk. 跑批。"),
    "concessions": ("shouyue.cli.concessions", "concessions", "Waivers told to the lender's core. 减免指令。"),
    "settlements": (
        "shouyue.cli.settlements",
        "settlements",
        "Early settlement: worked out, told to the core. 提前结清。",
    ),
    "contacts": ("shouyue.cli.contacts", "contacts", "Contact data told to the lender's core. 联系信息变更。"),
    "audit": ("shouyue.cli.audit", "audit", "The audit chain. 审计链。"),
    "compliance": (
        "shouyue.cli.compliance",
        "compliance",
        "The gate: decisions taken again, contacts reported. 合规关卡。",
    ),
    "interviews": ("shouyue.cli.interviews", "interviews", "Signing interviews from another system. 导入面谈。"),
    "letters": ("shouyue.cli.letters", "letters", "Letters, many at once. 批量信函。"),
    "privacy": ("shouyue.cli.privacy", "privacy", "What is known of a person: copy, erase. 个人信息。"),
    "db": ("shouyue.cli.db", "db", "The desk's database: start, migrate, backup, restore. 数据库。"),
    "agency": ("shouyue.cli.agency", "agency", "Agencies: tokens, placements. 委外机构。"),
    "user": ("shouyue.cli.user", "user", "People and their roles. 用户。"),
    "demo": ("shouyue.cli.demo", "demo", "Load the demo portfolio. 演示数据。"),
    "serve": ("shouyue.cli.serve", "serve", "Serve the desk. 启动工作台。"),
    "worker": ("shouyue.cli.worker", "worker", "Run scheduled and queued jobs. 后台任务。"),
    "manage": ("shouyue.cli.manage", "manage", "Django's own management commands."),
}


class Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        return getattr(importlib.import_module(module), attribute)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="shouyue")
def cli() -> None:
    """Shouyue (守约): reminders, collections and the team that does them, within the law."""


def main() -> None:
    try:
        cli.main(standalone_mode=True)
    except ShouyueError as error:
        click.echo(f"{error.code}\n  {error.zh}\n  {error.en}", err=True)
        sys.exit(2)
