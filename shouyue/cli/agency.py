"""`shouyue agency`: agencies whose systems ask the gate over HTTP, their tokens, and what is placed with them."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from shouyue.cli import desk

if TYPE_CHECKING:
    from shouyue.people.models import User

WARNINGS = {
    "never": "从未评估 never evaluated",
    "yearly": "须在此日前评估 to be evaluated by",
    "before_end": "合同到期前须评估 to be evaluated before the contract ends",
    "over": "合同已到期 the contract ended",
}
BY = click.option("--by", "by_", required=True, help="User name of who does it. 操作人用户名。")


def _open(by: str) -> User:

    desk.open_desk()
    desk.require_migrated()
    from shouyue.cli.user import acting

    return acting(by)


def _date(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


@click.group()
def agency() -> None:
    """Agencies that ask the gate over HTTP: tokens, placements. 委外机构：令牌、委托。"""


@agency.command()
@click.argument("code")
@click.argument("name")
@click.option("--evaluated", type=desk.DAY, help="Day of the last evaluation. 最近评估日。")
@click.option("--contract-until", type=desk.DAY, help="Last day of its contract. 合同到期日。")
@BY
def add(code: str, name: str, evaluated: datetime | None, contract_until: datetime | None, by_: str) -> None:
    """Add the agency CODE, or give it its name, evaluation and contract anew. 新增或修改机构。"""
    by = _open(by_)
    from shouyue.casework.agencies import managing

    click.echo(managing.add(code, name, by, _date(evaluated), _date(contract_until)).code)


@agency.command()
@click.argument("code")
@BY
def token(code: str, by_: str) -> None:
    """Make a token for the agency CODE; it is shown this once. 新建令牌，仅显示一次。"""
    by = _open(by_)
    from shouyue.casework.agencies import managing

    made, secret = managing.new_token(code, by)
    click.echo(f"{made.pk}  {secret}")


@agency.command()
@click.argument("code")
@click.argument("number", type=int)
@BY
def withdraw(code: str, number: int, by_: str) -> None:
    """Withdraw a token by its number. 撤销令牌。"""
    by = _open(by_)
    from shouyue.casework.agencies import managing

    click.echo(f"{managing.withdraw_token(code, number, by).pk}  已撤销 withdrawn")


@agency.command()
@click.argument("code")
@click.argument("customers", nargs=-1, required=True)
@click.option("--until", type=desk.DAY, help="Last day; else the house's term. 委托到期日，默认按机构设置。")
@BY
def place(code: str, customers: tuple[str, ...], until: datetime | None, by_: str) -> None:
    """Place customers with the agency CODE, or move the last day of those that are. 委托客户，或更改到期日。"""
    by = _open(by_)
    from shouyue.casework.agencies import managing

    for customer in customers:
        placed = managing.place(code, customer, by, _date(until))
        click.echo(f"{customer}  {placed.pk}  {placed.ends_on}")


@agency.command("take-back")
@click.argument("customers", nargs=-1, required=True)
@BY
def take_back(customers: tuple[str, ...], by_: str) -> None:
    """Take customers back from whatever agency has them. 收回委托。"""
    by = _open(by_)
    from shouyue.casework.agencies import managing

    for customer in customers:
        placed = managing.take_back(customer, by)
        click.echo(f"{customer}  {placed.pk if placed else '–'}")


@agency.command("list")
@BY
def list_(by_: str) -> None:
    """Agencies with their tokens. 机构与令牌。"""
    by = _open(by_)
    from shouyue.base import clock
    from shouyue.casework.agencies import terms
    from shouyue.casework.models import Agency
    from shouyue.people.permissions import require

    require(by, "agency.manage")
    for one in Agency.objects.order_by("code").prefetch_related("tokens"):
        click.echo(f"{one.code}  {one.name}  {one.evaluated_on or '–'}  {one.contract_ends_on or '–'}")
        for what, due in terms.warnings(one, clock.today()):
            click.echo(f"  ! {WARNINGS[what]} {due or ''}")
        for made in one.tokens.all():
            ended = f"已撤销 withdrawn {made.withdrawn_at:%Y-%m-%d}" if made.withdrawn_at else "有效 valid"
            click.echo(f"  {made.pk}  {made.made_at:%Y-%m-%d}  {ended}")
