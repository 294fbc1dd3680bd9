"""Customers and the people around them.

No phone here can be anybody's. Mobile numbers begin with ``1002``, ``1003`` or ``1004``: Chinese mobile numbers begin
with 13 to 19, and 10 is kept for short service codes. Landlines have the area code 026, which was never opened, and
a local part that begins with 0, which no subscriber's does. Identity numbers begin with 99, which is no province, and
their check digit is wrong. Sources: GB 11643 and GB/T 2260 for identity numbers, China's national numbering plan as
the ITU publishes it (E.164, +86) for phones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shouyue.simulator import words
from shouyue.simulator.columns import COLUMNS
from shouyue.simulator.lending import Loans
from shouyue.simulator.size import Lender
from shouyue.simulator.streams import pick, stream

MOBILES = 30_000_000
_SCATTER = 17_320_511  # coprime to MOBILES: neighbours do not get neighbouring numbers
_CHECK_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK_DIGITS = np.array(list("10X98765432"))

MARRIED = ("未婚", "已婚", "离异", "丧偶")
#: people around the borrower: relation, slot of the number, kind of number, share, knows of the loan, agreed
AROUND = (
    ("self", 0, "mobile", 1.0, 1.0, 1.0),
    ("self", 1, "mobile", 0.16, 1.0, 1.0),
    ("employer", 0, "work", 0.62, 0.0, 0.0),
    ("spouse", 2, "mobile", 0.8, 0.75, 0.6),
    ("parent", 3, "mobile", 0.42, 0.35, 0.3),
    ("self", 0, "home", 0.12, 1.0, 0.8),
    ("friend", 4, "mobile", 0.40, 0.2, 0.15),
    ("colleague", 5, "mobile", 0.18, 0.1, 0.1),
    ("guarantor", 6, "mobile", 0.025, 1.0, 1.0),
)


def take(values: Sequence[str], index: np.ndarray) -> pa.Array:
    return pa.array(list(values), pa.string()).take(pa.array(index))


def join(*parts: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")


def digits(values: np.ndarray, width: int) -> pa.Array:
    """Whole numbers as text, with leading zeros."""
    return pc.utf8_lpad(pc.cast(pa.array(values), pa.string()), width, "0")


def customer_ids(numbers: np.ndarray) -> pa.Array:
    return join("C", digits(numbers, 9))


def mobile(customers: np.ndarray, slot: int) -> pa.Array:
    """The number of a person: distinct for the first 30 million of (customer, slot)."""
    place = (customers * 7 + slot) * _SCATTER % MOBILES
    return join("100", digits(place + 2 * 10_000_000, 8))


def landline(customers: np.ndarray, slot: int) -> pa.Array:
    return join("026-0", digits((customers * 3 + slot) * 7_654_321 % 10_000_000, 7))


@dataclass
class People:
    """What is known of a block's customers, one place each."""

    numbers: np.ndarray
    store: np.ndarray
    woman: np.ndarray
    born: np.ndarray
    married: np.ndarray


def make(lender: Lender, block: int, loans: Loans) -> People:
    rng = stream(lender.seed, "people", block)
    n = len(loans.customer)
    first_loan = np.searchsorted(loans.owner, np.arange(n))
    woman = rng.random(n) < 0.44
    age = 19 + 36 * rng.beta(1.7, 3.0, n)
    born = (lender.day - age * 365.25).astype(np.int32)
    single = np.clip(1.5 - (age - 19) / 14, 0.06, 0.97)
    married = np.where(rng.random(n) < single, 0, np.where(rng.random(n) < 0.88, 1, 2))
    return People(loans.customer, loans.store[first_loan], woman, born, married.astype(np.int8))


def customers(lender: Lender, block: int, loans: Loans, people: People) -> pa.Table:
    rng = stream(lender.seed, "customers", block)
    n = len(people.numbers)
    stores = lender.stores
    job = pick(rng, np.array([3.0] * 6 + [2.0] * 10 + [4.0, 2.0]), n)
    own = job >= 16
    income = np.exp(rng.normal(np.log(66_000), 0.38, n)).clip(24_000, 400_000)
    income = np.rint(income / 1000).astype(np.int64) * 100_000
    columns = {
        "customer_id": customer_ids(people.numbers),
        "name": names(rng, people.woman),
        "id_number": identity(rng, people),
        "sex": take(["M", "F"], people.woman.astype(np.int8)),
        "born_on": pa.array(people.born).cast(pa.date32()),
        "marital_status": take(MARRIED, people.married),
        "occupation": take(words.JOBS, job),
        "employer": _employer(rng, own),
        "income_minor": pa.array(income),
        "salary_day": pa.array(loans.salary_day.astype(np.int32), mask=rng.random(n) < 0.15),
        "address": _address(rng, [s.city for s in stores], people.store),
        "city": take([s.city for s in stores], people.store),
        "zone": take(["Asia/Shanghai"], np.zeros(n, np.int8)),
        "language": take(["zh-CN"], np.zeros(n, np.int8)),
        "vulnerable": pa.array(rng.random(n) < 0.006),
    }
    return pa.table(columns, schema=COLUMNS["customers"])


def names(rng: np.random.Generator, woman: np.ndarray) -> pa.Array:
    """Chinese names: surname by its frequency, one or two given characters by sex."""
    n = len(woman)
    surname = take(words.SURNAMES, pick(rng, 1 / (8 + np.arange(len(words.SURNAMES))), n))
    given = words.GIVEN_M + words.GIVEN_F
    low = np.where(woman, len(words.GIVEN_M), 0)
    size = np.where(woman, len(words.GIVEN_F), len(words.GIVEN_M))
    one = take(given, low + (rng.random(n) * size).astype(np.int32))
    other = (low + (rng.random(n) * size)).astype(np.int32)
    other = np.where(rng.random(n) < 0.74, other, len(given))
    return join(surname, one, take([*given, ""], other))


def identity(rng: np.random.Generator, people: People) -> pa.Array:
    """Eighteen characters as on an identity card, of a province that does not exist and with a wrong check digit."""
    n = len(people.born)
    born = people.born.astype("datetime64[D]")
    month = born.astype("datetime64[M]")
    year = born.astype("datetime64[Y]").astype(np.int64) + 1970
    stamp = year * 10_000 + (month.astype(np.int64) % 12 + 1) * 100 + (born - month).astype(np.int64) + 1
    serial = rng.integers(0, 500, n) * 2 + ~people.woman
    body = (990_000 + rng.integers(0, 10_000, n)) * 10**11 + stamp * 1000 + serial
    place = 10 ** np.arange(16, -1, -1, dtype=np.int64)
    right = (body[:, None] // place % 10 @ _CHECK_WEIGHTS) % 11
    wrong = _CHECK_DIGITS[(right + 1 + rng.integers(0, 9, n)) % 11]
    return join(digits(body, 17), pa.array(wrong.tolist(), pa.string()))


def _employer(rng: np.random.Generator, own: np.ndarray) -> pa.Array:
    n = len(own)
    word = rng.integers(0, len(words.FIRM_WORDS), n)
    kind = rng.integers(0, len(words.FIRM_KINDS), n)
    named = join(take(words.FIRM_WORDS, word), take(words.FIRM_KINDS, kind))
    return pc.if_else(pa.array(own & (kind % 2 == 0)), pa.scalar(None, pa.string()), named)


def _address(rng: np.random.Generator, cities: list[str], store: np.ndarray) -> pa.Array:
    n = len(store)
    return join(
        take(cities, store),
        "市",
        take(words.ROADS, rng.integers(0, len(words.ROADS), n)),
        take(["路", "街", "大道"], rng.integers(0, 3, n)),
        digits(rng.integers(1, 400, n), 1),
        "号",
        digits(rng.integers(1, 20, n), 1),
        "栋",
        digits(rng.integers(1, 26, n) * 100 + rng.integers(1, 5, n), 1),
        "室",
    )


def contacts(lender: Lender, block: int, people: People, borrower: pa.Array) -> pa.Table:
    """The people around each customer, customer by customer, in the order to try. ``borrower``: the own names."""
    rng = stream(lender.seed, "contacts", block)
    n = len(people.numbers)
    pieces, owner, order = [], [], []
    for rank, (relation, slot, place, share, knows, agreed) in enumerate(AROUND):
        has = rng.random(n) < share
        if relation == "spouse":
            has &= people.married == 1
        knows_, agreed_ = rng.random(n) < knows, rng.random(n) < agreed
        woman = ~people.woman if relation == "spouse" else rng.random(n) < 0.5
        called = names(rng, woman)
        #: whoever does not know of the loan was never asked whether he may be contacted about it
        asked = knows_ | (relation == "self")
        here = np.flatnonzero(has)
        number = (mobile if place == "mobile" else landline)(people.numbers[here], slot + (place == "home"))
        pieces.append(
            pa.table(
                {
                    "customer_id": customer_ids(people.numbers[here]),
                    "phone": number,
                    "relation": take([relation], np.zeros(len(here), np.int8)),
                    "name": _called(relation, borrower, called).take(pa.array(here)),
                    "place": take([place], np.zeros(len(here), np.int8)),
                    "knows_of_loan": pa.array(knows_[here]),
                    "consent": pa.array(agreed_[here], mask=~asked[here]),
                }
            )
        )
        owner.append(here)
        order.append(np.full(len(here), rank))
    whose = np.concatenate(owner)
    turn = np.lexsort((np.concatenate(order), whose))
    table = pa.concat_tables(pieces).take(pa.array(turn))
    sorted_owner = whose[turn]
    rank_ = np.arange(len(turn)) - np.searchsorted(sorted_owner, sorted_owner) + 1
    return table.append_column("rank", pa.array(rank_.astype(np.int32))).cast(COLUMNS["contacts"])


def _called(relation: str, borrower: pa.Array, drawn: pa.Array) -> pa.Array:
    if relation == "self":
        return borrower
    if relation == "employer":
        return take(["单位总机"], np.zeros(len(drawn), np.int8))
    return drawn
