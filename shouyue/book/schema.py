"""The tables of a book: the one vocabulary that import, ageing, strategy and the desk share.

A book is a folder. A version of it is a folder of Parquet shards that is written once and never changed::

    BOOK/
      CURRENT                       name of the newest version, replaced atomically
      versions/000001-8f3a…/
        manifest.json               see shouyue.book.manifest
        loans/shard-0000.parquet    one file per table and shard
        instalments/shard-0000.parquet
        …

A loan and all its rows lie in the shard ``shard_of(loan_id)``; a customer and his contacts lie in the shard
``shard_of(customer_id)``. Within a shard ``loans`` is sorted by ``loan_id``; the child tables are sorted by
``loan_ix`` (row number of their loan in that shard's ``loans``) and then as ``ORDER`` says, so a kernel walks them
without a join. Money is int64 minor units, days are ``date32``, moments are UTC.

A field's ``need`` says what an import must have: ``key`` (part of the row's identity), ``must`` or ``may``.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

Kind = Literal["text", "money", "date", "int", "bool", "moment", "choice"]

_ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "choice": pa.string(),
    "money": pa.int64(),
    "date": pa.date32(),
    "int": pa.int32(),
    "bool": pa.bool_(),
    "moment": pa.timestamp("us", tz="UTC"),
}


@dataclass(frozen=True)
class Field:
    """One column. ``choices`` are the values a ``choice`` may take; ``personal`` marks personal data."""

    name: str
    kind: Kind
    need: Literal["key", "must", "may"] = "may"
    zh: str = ""
    en: str = ""
    choices: tuple[str, ...] = ()
    personal: bool = False
    negative: bool = False  # may a money value be below zero

    @property
    def arrow(self) -> pa.DataType:
        return _ARROW[self.kind]


@dataclass(frozen=True)
class Table:
    name: str
    mandatory: bool
    fields: tuple[Field, ...]
    #: columns a shard is sorted by
    order: tuple[str, ...]
    #: the table whose row must exist, by which column; None for the roots
    parent: tuple[str, str] | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(f.name for f in self.fields if f.need == "key")

    @property
    def money(self) -> str | None:
        """The column whose sum is the control total."""
        return {
            "loans": "principal_minor",
            "instalments": "amount_minor",
            "charges": "amount_minor",
            "payments": "amount_minor",
            "balances": "outstanding_minor",
        }.get(self.name)

    @property
    def owner(self) -> str | None:
        """The column that says whose rows these are, so that a delta may renew all rows of one owner at once."""
        return "loan_id" if self.name == "balances" else self.parent[1] if self.parent else None

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)

    def arrow_schema(self) -> pa.Schema:
        """Schema of a shard: the fields, and ``loan_ix`` (int32) on children of loans."""
        columns = [pa.field(f.name, f.arrow) for f in self.fields]
        if self.parent and self.parent[0] == "loans":
            columns.insert(0, pa.field("loan_ix", pa.int32()))
        return pa.schema(columns)


def F(
    name: str, kind: Kind, need: Literal["key", "must", "may"] = "may", zh: str = "", en: str = "", **more: Any
) -> Field:
    return Field(name, kind, need, zh, en, **more)


CUSTOMERS = Table(
    "customers",
    mandatory=False,
    order=("customer_id",),
    fields=(
        F("customer_id", "text", "key", "客户号", "customer number"),
        F("name", "text", zh="姓名", en="name", personal=True),
        F("id_number", "text", zh="证件号", en="identity document number", personal=True),
        F("sex", "choice", zh="性别", en="sex", choices=("M", "F", "X")),
        F("born_on", "date", zh="出生日期", en="date of birth", personal=True),
        F("marital_status", "text", zh="婚姻状况", en="marital status"),
        F("occupation", "text", zh="职业", en="occupation"),
        F("employer", "text", zh="工作单位", en="employer", personal=True),
        F("income_minor", "money", zh="年收入", en="yearly income"),
        F("salary_day", "int", zh="发薪日", en="day of the month the salary comes"),
        F("address", "text", zh="住址", en="address", personal=True),
        F("city", "text", zh="城市", en="city"),
        F("zone", "text", zh="时区", en="time zone (IANA) of the person"),
        F("language", "text", zh="语言", en="language (BCP 47)"),
        F("vulnerable", "bool", zh="需特别关怀", en="known to be vulnerable"),
    ),
)
CONTACTS = Table(
    "contacts",
    mandatory=False,
    order=("customer_id", "rank"),
    parent=("customers", "customer_id"),
    fields=(
        F("customer_id", "text", "key", "客户号", "customer number"),
        F("phone", "text", "key", "电话", "phone", personal=True),
        F(
            "relation",
            "choice",
            zh="关系",
            en="relation to the borrower",
            choices=(
                "self",
                "guarantor",
                "spouse",
                "parent",
                "child",
                "relative",
                "friend",
                "colleague",
                "employer",
                "other",
            ),
        ),
        F("name", "text", zh="联系人姓名", en="name of the contact", personal=True),
        F("place", "choice", zh="号码类型", en="kind of number", choices=("mobile", "home", "work")),
        F("knows_of_loan", "bool", zh="是否知晓贷款", en="knows of the loan"),
        F("consent", "bool", zh="是否同意联系", en="agreed to be contacted"),
        F("rank", "int", zh="顺序", en="order in which to try"),
    ),
)
LOANS = Table(
    "loans",
    mandatory=True,
    order=("loan_id",),
    fields=(
        F("loan_id", "text", "key", "合同号", "contract number"),
        F("customer_id", "text", "must", "客户号", "customer number"),
        F("product", "text", zh="产品", en="product"),
        F("store", "text", zh="门店", en="store code"),
        F("region", "text", zh="区域", en="region"),
        F("goods", "text", zh="商品", en="what was bought"),
        F("principal_minor", "money", zh="本金", en="principal"),
        F("currency", "text", zh="币种", en="currency (ISO 4217)"),
        F("opened_on", "date", zh="放款日", en="day the loan was paid out"),
        F("term", "int", zh="期数", en="number of instalments"),
        F("closed_on", "date", zh="结清日", en="day the loan ended at the lender"),
        F("debit_account", "text", zh="扣款账户尾号", en="last digits of the debit account", personal=True),
        F("pays_corporate", "bool", zh="存对公", en="pays into the corporate account"),
        F("wants_early_settlement", "bool", zh="拟提前结清", en="wants to settle early"),
        F("lender_dpd", "int", zh="核心逾期天数", en="days past due by the lender's own core"),
        F(
            "lender_balance_minor",
            "money",
            zh="核心余额",
            en="balance by the lender's own core",
            negative=True,
        ),
    ),
)
INSTALMENTS = Table(
    "instalments",
    mandatory=True,
    order=("loan_ix", "due_date", "seq", "version"),
    parent=("loans", "loan_id"),
    fields=(
        F("loan_id", "text", "key", "合同号", "contract number"),
        F("seq", "int", "key", "期次", "number of the instalment"),
        F("version", "int", "key", "版本", "version of the plan, 1 where there is only one"),
        F("due_date", "date", "key", "还款日", "due date"),
        F("debit_date", "date", zh="扣款日", en="debit date"),
        F(
            "amount_minor",
            "money",
            "must",
            "应还金额",
            "amount due; the sum of the parts where those are given",
        ),
        F("principal_minor", "money", zh="应还本金", en="principal due"),
        F("interest_minor", "money", zh="应还利息", en="interest due"),
        F("fee_minor", "money", zh="应还费用", en="fee due"),
    ),
)
CHARGES = Table(
    "charges",
    mandatory=False,
    order=("loan_ix", "due_date", "charge_id"),
    parent=("loans", "loan_id"),
    fields=(
        F("charge_id", "text", "key", "费用号", "charge number"),
        F("loan_id", "text", "must", "合同号", "contract number"),
        F("kind", "choice", "must", "类型", "kind", choices=("penalty", "late_fee")),
        F("due_date", "date", "must", "产生日", "day it became due"),
        F("amount_minor", "money", "must", "金额", "amount"),
    ),
)
PAYMENTS = Table(
    "payments",
    mandatory=True,
    order=("loan_ix", "value_date", "booked_on", "payment_id"),
    parent=("loans", "loan_id"),
    fields=(
        F("payment_id", "text", "key", "流水号", "payment number"),
        F("loan_id", "text", "must", "合同号", "contract number"),
        F("value_date", "date", "must", "入账日", "day the payment counts from"),
        F(
            "booked_on",
            "date",
            zh="记账日",
            en="day the lender's books knew it; the value date where not given",
        ),
        F(
            "amount_minor",
            "money",
            "must",
            "金额",
            "amount, above zero; a reversal has the amount it takes back",
        ),
        F("channel", "text", zh="还款渠道", en="way of paying (debit, transfer, corporate, cash …)"),
        F("reversal_of", "text", zh="冲正原流水", en="payment number that this row reverses"),
    ),
)
PAUSES = Table(
    "pauses",
    mandatory=False,
    order=("loan_ix", "starts_on", "ends_on"),
    parent=("loans", "loan_id"),
    fields=(
        F("loan_id", "text", "key", "合同号", "contract number"),
        F("starts_on", "date", "key", "暂停起", "first day of the pause"),
        F("ends_on", "date", "must", "暂停止", "last day of the pause"),
        F("reason", "text", zh="原因", en="reason"),
    ),
)

#: what the lender's own system says of a loan on a day. A claim to hold ours against, and nothing is counted from it;
#: so it has no parent, and a loan that the book does not know may have one.
BALANCES = Table(
    "balances",
    mandatory=False,
    order=("loan_id", "stated_on"),
    fields=(
        F("loan_id", "text", "key", "合同号", "contract number"),
        F("stated_on", "date", "key", "余额日期", "day of which this is said"),
        F("outstanding_minor", "money", zh="欠款总额", en="all that is owed", negative=True),
        F("principal_minor", "money", zh="欠款本金", en="principal owed", negative=True),
        F("interest_minor", "money", zh="欠款利息", en="interest owed", negative=True),
        F("fee_minor", "money", zh="欠款费用", en="fees owed", negative=True),
        F("penalty_minor", "money", zh="欠款罚息", en="penalties and late fees owed", negative=True),
        F("overdue_minor", "money", zh="逾期金额", en="amount past due", negative=True),
        F("dpd", "int", zh="逾期天数", en="days past due"),
        F("bucket", "text", zh="逾期阶段", en="stage"),
        F("status", "choice", zh="合同状态", en="state of the loan", choices=("open", "closed", "written_off")),
    ),
)

TABLES: dict[str, Table] = {
    t.name: t for t in (CUSTOMERS, CONTACTS, LOANS, INSTALMENTS, CHARGES, PAYMENTS, PAUSES, BALANCES)
}

#: raised when the tables change in a way that older programs cannot read
SCHEMA_VERSION = 1

#: loans a shard is meant to hold; the number of shards of a book follows from its first import
LOANS_PER_SHARD = 50_000
MAX_SHARDS = 4096


def shard_count(loans: int) -> int:
    """Power of two, so that a shard holds about ``LOANS_PER_SHARD`` loans. A book keeps the number it began with."""
    shards = 1
    while shards < MAX_SHARDS and shards * LOANS_PER_SHARD < loans:
        shards *= 2
    return shards


def shard_of(identity: str, shards: int) -> int:
    """Shard of a loan or a customer: CRC-32 (ISO 3309) of the UTF-8 id, modulo the number of shards."""
    return zlib.crc32(identity.encode()) % shards
