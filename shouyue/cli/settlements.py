"""`shouyue settlements`: what settles a loan early, and whom the lender's core is told of."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shouyue.base import money
from shouyue.base.errors import Code
from shouyue.cli import desk
from shouyue.cli.age import day, version_of

if TYPE_CHECKING:
    from shouyue.ageing.convention import Convention
    from shouyue.book.store import Version

NO_TERMS = Code(
    "SETL-015",
    zh="没有名为“{name}”的条款；文件中有：{known}",
    en="the file has no terms named '{name}'; there are: {known}",
)


@click.group()
def settlements() -> None:
    """Early settlement: worked out, and told to the core. 提前结清。"""


@settlements.command()
@desk.to_the_core
def export(folder: Path | None) -> None:
    """Write what borrowers accepted, or paid, and was not told yet as a numbered file; nothing is told twice.

    A file that is not in the folder is written again, with the same bytes. 导出已确认的提前结清，可重复执行。
    """
    desk.open_desk()
    from shouyue.casework.quotes import exporting

    desk.tell_the_core(exporting.export(), exporting.KIND, folder)


@settlements.command()
@click.argument("loans", nargs=-1, required=True)
@click.option("--book", required=True, help="Name, folder or URL of the book. 账册名称、目录或 URL。")
@click.option("--on", "pay_by", required=True, help="The day the loan is settled on. 结清日。")
@click.option("--as-of", required=True, help="The book's business day. 账册业务日。")
@click.option("--known-at", help="Count only what was booked by this day. 仅计入该日前已入账的数据。")
@click.option("--terms", "name", help="Name of the terms in quotes.toml; else what fits the loan. 条款名称。")
@click.option("--convention", default="default", show_default=True, help="Name or .toml file. 逾期口径。")
@click.option("--version", "version_id", help="A past version of the book; else the newest. 账册版本。")
def quote(
    loans: tuple[str, ...],
    book: str,
    pay_by: str,
    as_of: str,
    known_at: str | None,
    name: str | None,
    convention: str,
    version_id: str | None,
) -> None:
    """Work out what settles each of the LOANS on a day, and all. Asks the book alone and saves nothing.

    试算一份或多份合同的提前结清金额及合计，不保存。
    """
    on, business, known = day("--on", pay_by), day("--as-of", as_of), day("--known-at", known_at)
    assert on is not None and business is not None
    from shouyue.ageing.convention import load

    version, lateness = version_of(book, version_id), load(convention)
    sums: defaultdict[str, list[int]] = defaultdict(list)
    for loan in dict.fromkeys(loans):
        currency, minor = _worked_out(version, lateness, loan, name, on, business, known)
        sums[currency].append(minor)
    for currency, each in sums.items() if len(loans) > 1 else ():
        click.echo(f"{currency} · {len(each)} loans 份合同: {money.show(sum(each), currency)}")


def _worked_out(
    version: Version, lateness: Convention, loan: str, name: str | None, on: date, business: date, known: date | None
) -> tuple[str, int]:
    """Say what settles one loan; its currency and the sum."""
    from shouyue.ageing.one import find, read_tables
    from shouyue.ageing.settling import PARTS, loan_row, payoff
    from shouyue.casework import errors
    from shouyue.casework.quotes.terms import rules

    place = find(version, loan)
    row = loan_row(version, place)
    currency = row["currency"] or version.currency
    if name is not None:
        known_terms = {entry.said["name"]: entry for entry in rules().entries}
        if name not in known_terms:
            raise NO_TERMS.error(name=name, known=", ".join(known_terms))
        terms = known_terms[name].terms(currency)
    else:
        terms = rules().terms(row["product"] or "", row["opened_on"], currency)
    if terms is None:
        raise errors.QUOTE_NO_TERMS.error(product=row["product"] or "–")
    tables = read_tables(version, place, lateness)
    found = payoff(tables, on, business, terms, lateness, row["opened_on"], known, loan)
    click.echo(f"{loan} · {on} · {terms.name}: {terms.zh} {terms.en}")
    for part in PARTS:
        asked, plan = (money.show(sums[part], currency) for sums in (found.asked, found.contract))
        click.echo(f"  {part:<16}{asked:>18}  ({plan})")
    click.echo(f"  {'settlement_fee':<16}{money.show(found.fee_minor, currency):>18}")
    click.echo(f"  {'total 合计':<14}{money.show(found.total_minor, currency):>18}")
    click.echo(f"  saved 少付 {money.show(found.saved_minor - found.fee_minor, currency)}")
    if found.over_minor:
        click.echo(f"  paid too much 多付 {money.show(found.over_minor, currency)}")
    for ahead in found.ahead[:1]:
        days = f"{ahead.days}/{ahead.of_days}" if ahead.of_days else "–"
        kept = money.show(ahead.interest_kept_minor, currency)
        click.echo(
            f"  {ahead.due}: interest 利息 {kept} of {money.show(ahead.interest_minor, currency)}, days 天 {days}"
        )
    return currency, found.total_minor
