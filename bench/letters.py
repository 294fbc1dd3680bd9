"""How many letters a second are made, drawn, archived and put together for the printer; and whether each is right.

    python bench/letters.py [--letters 1000] [--keep DIR]

`shouyue letters batch` itself, over made-up cases in a scratch database and a home of its own, both dropped again. Then
each letter is held against its record: numbers without a gap, the archived hash, the pages that pdfinfo (poppler)
counts, and the printer's pages against the archived ones, word by word. ``--keep`` leaves the printer's file there, to
be looked at.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import shutil
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

from yardstick.home import home

os.environ["DJANGO_SETTINGS_MODULE"] = "shouyue.web.settings"
TODAY = date(2026, 11, 24)
#: one after the other: what fits a window easily, and what hardly does
NAMES = (
    "测试客户",
    "Test Borrower",
    "买买提·阿不都热合曼·测试·艾合买提江",
    "Maximiliana Example-Borrower von Made-Upenburg",
)
ADDRESSES = (
    "苏州市工业园区虚构路 1 号 2 幢 303 室",
    "1 Made-Up Street, Flat 2, Springfield",
    "新疆维吾尔自治区伊犁哈萨克自治州察布查尔锡伯自治县虚构镇虚构街道办事处虚构社区第十八小区一百二十三号楼四单元一千零一室",
    "Unit 1204, Building C, The Entirely Made-Up Residences, 18888 Northwest Invented Boulevard, Springfield, 00000",
)
AMOUNTS = (50_000, 123_456, 9_876_543_210, 99_999_999_999)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--letters", type=int, default=1_000)
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    if not shutil.which("pdfinfo"):
        sys.exit("pdfinfo is needed (Debian: poppler-utils)")
    with home() as place:
        os.environ["SHOUYUE_LENDER"] = "测试消费金融有限公司"
        os.environ["SHOUYUE_NOW"] = "2026-11-24T10:00:00+08:00"
        import django

        django.setup()
        from django.db import connection

        connection.settings_dict["TEST"]["NAME"] = "test_bench_letters"
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            measure(args.letters, place, args.keep)
        finally:
            connection.creation.destroy_test_db("shouyue", verbosity=0)


def measure(wanted: int, home: Path, keep: Path | None) -> None:
    from click.testing import CliRunner

    from shouyue.cli.letters import letters

    fill(wanted)
    out = home / "printer.pdf"
    said = ["batch", "--template", "arrears", "--by", "manager", "--limit", str(wanted), "--out", str(out)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took = []
    with patch("shouyue.daily.business_day.today", lambda: TODAY):
        for _ in range(2):
            began = time.perf_counter()
            answer = CliRunner().invoke(letters, said, catch_exceptions=False)
            took.append(time.perf_counter() - began)
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(answer.output.strip())
    pages = check(wanted, home, out)
    print(f"letters a second          {wanted / took[0]:>8.1f}   ({wanted} in {took[0]:.1f} s, {os.cpu_count()} cores)")
    print(f"the same batch again      {wanted / took[1]:>8.1f}   (archived already: only the printer's file is made)")
    print(f"peak of one process       {peak / 1024:>8.0f} MiB  (before the batch {before / 1024:.0f} MiB)")
    print(f"printer's file            {out.stat().st_size / 2**20:>8.1f} MiB, {pages} pages")
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        shutil.copy(out, keep / out.name)


def fill(wanted: int) -> None:
    """Late cases of a store, one loan each, names, addresses and amounts of every length, half of them in English."""
    from shouyue.casework.models import Case, Customer, Loan
    from shouyue.compliance.models import Person
    from shouyue.people.models import Store, User

    store = Store.objects.create(code="S1", name="一店")
    User.objects.create(username="manager", role="store_manager", store=store, full_name="何店长")
    persons = Person.objects.bulk_create(Person(key=f"person-{n}") for n in range(wanted))
    customers = Customer.objects.bulk_create(
        Customer(
            customer_id=f"C{n:06}",
            person=person,
            store=store,
            name=NAMES[n // 2 % 4],
            address=ADDRESSES[n // 8 % 4],
            zone="Asia/Shanghai",
            language=("zh", "en")[n % 2],
        )
        for n, person in enumerate(persons)
    )
    Loan.objects.bulk_create(
        Loan(
            loan_id=f"SY{n:08}",
            customer=customer,
            product="手机分期",
            goods="折叠屏手机",
            currency="CNY",
            principal_minor=AMOUNTS[n // 32 % 4],
            opened_on=date(2026, 5, 1),
            term=12,
            dpd=5,
            bucket="M1",
            overdue_minor=AMOUNTS[n // 32 % 4],
            oldest_unpaid_due=TODAY - timedelta(days=5),
            outstanding_minor=AMOUNTS[n // 32 % 4],
            outstanding_principal_minor=AMOUNTS[n // 32 % 4],
            schedule=[],
            lateness=[],
        )
        for n, customer in enumerate(customers)
    )
    Case.objects.bulk_create(
        Case(
            customer=customer,
            store=store,
            opened_on=TODAY,
            as_of=TODAY,
            strategy="standard@1",
            phase="collection",
            segment="habitual",
            stage="golden",
            treatment="collect",
            priority=wanted - n,
            minutes=5,
            dpd=5,
            bucket="M1",
            overdue_minor=AMOUNTS[n // 32 % 4],
        )
        for n, customer in enumerate(customers)
    )


def check(wanted: int, home: Path, out: Path) -> int:
    """Raises where a number, a hash or a page count is not what was recorded; returns the pages of all letters."""
    from shouyue.messaging.models import Letter

    made = list(Letter.objects.order_by("number"))
    numbers = [f"2026-{n:07}" for n in range(1, wanted + 1)]
    assert [one.number for one in made] == numbers, "a number is missing, or one too many"
    files = sorted(path.name for path in (home / "letters").rglob("*") if path.is_file())
    assert files == [f"{number}.pdf" for number in numbers], "the archive holds something else"
    for one in made:
        path = home / "letters" / "2026" / f"{one.number}.pdf"
        assert hashlib.sha256(path.read_bytes()).hexdigest() == one.sha256, one.number
        assert pages_of(path) == one.pages, one.number
    pages = sum(one.pages for one in made)
    assert pages_of(out) == pages, "the printer's file is not all letters"
    alone = "".join(text_of(home / "letters" / "2026" / f"{number}.pdf") for number in numbers)
    assert text_of(out) == alone, "the printer's pages say something else"
    return pages


def text_of(path: Path) -> str:
    return subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout


def pages_of(path: Path) -> int:
    told = subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True, check=True).stdout
    return next(int(line.split()[1]) for line in told.splitlines() if line.startswith("Pages:"))


if __name__ == "__main__":
    main()
