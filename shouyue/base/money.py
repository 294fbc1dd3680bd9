"""Money is a whole number of minor units (分, cents) with a currency beside it. Never a float.

``minor`` everywhere in the code means such a whole number; it fits a signed 64-bit integer.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from functools import cache

from babel.numbers import format_currency, get_currency_precision

from shouyue.base.errors import Code

MAX_MINOR = 2**63 - 1

NOT_A_NUMBER = Code("BASE-001", zh="“{text}”不是金额", en="'{text}' is not an amount")
TOO_FINE = Code(
    "BASE-002",
    zh="“{text}”的小数位超过币种 {currency} 的最小单位",
    en="'{text}' has more decimals than {currency} has minor units",
)
TOO_LARGE = Code("BASE-003", zh="金额“{text}”超出可表示的范围", en="amount '{text}' is too large to hold")

_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")


def exponent(currency: str) -> int:
    """Decimal places of the currency's minor unit (ISO 4217 by CLDR): CNY 2, JPY 0, KWD 3."""
    return get_currency_precision(currency)


def to_minor(text: str, currency: str = "CNY") -> int:
    """Exact minor units of a plain decimal text (``"1234.50"`` -> ``123450``).

    Raises BASE-001 when it is no number, BASE-002 when a part of a minor unit would be lost, BASE-003 beyond
    64 bits.
    """
    stripped = text.strip().replace(",", "")
    if not _PLAIN.fullmatch(stripped):
        raise NOT_A_NUMBER.error(text=text[:40])
    try:
        value = Decimal(stripped).scaleb(exponent(currency))
    except InvalidOperation:
        raise TOO_LARGE.error(text=text[:40]) from None
    if value != value.to_integral_value():
        raise TOO_FINE.error(text=text[:40], currency=currency)
    if abs(value) > MAX_MINOR:
        raise TOO_LARGE.error(text=text[:40])
    return int(value)


def from_minor(minor: int, currency: str = "CNY") -> Decimal:
    return Decimal(minor).scaleb(-exponent(currency))


def show(minor: int | None, currency: str = "CNY", lang: str = "zh") -> str:
    """The amount as a person reads it, with currency and thousands separators; ``–`` when unknown."""
    if minor is None:
        return "–"
    before, after, minus, places = _pattern(currency, lang.startswith("zh"))
    sign = minus if minor < 0 else ""
    if not places:
        return f"{sign}{before}{abs(minor):,}{after}"
    major, part = divmod(abs(minor), 10**places)
    return f"{sign}{before}{major:,}.{part:0{places}d}{after}"


@cache
def _pattern(currency: str, chinese: bool) -> tuple[str, str, str, int]:
    """What stands before and after the number and before a negative one, by CLDR: Babel is asked once a currency."""
    places = exponent(currency)
    locale = "zh_Hans_CN" if chinese else "en_GB"
    one = "1" + ("." + "0" * places if places else "")
    positive, negative = (format_currency(n, currency, locale=locale) for n in (1, -1))
    before, _, after = positive.partition(one)
    minus = negative.removesuffix(positive)
    assert negative == minus + positive, currency
    return before, after, minus, places
