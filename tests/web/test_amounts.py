"""Amounts as pages show them: the quick way writes what Babel writes."""

from __future__ import annotations

from babel.numbers import format_currency
from hypothesis import given
from hypothesis import strategies as st

from shouyue.base import money

CURRENCIES = ("CNY", "USD", "EUR", "JPY", "KWD", "INR", "CZK", "GBP", "XXX")


@given(st.integers(-(2**63), money.MAX_MINOR), st.sampled_from(CURRENCIES), st.sampled_from(["zh", "en"]))
def test_an_amount_reads_as_babel_writes_it(minor, currency, lang):
    locale = {"zh": "zh_Hans_CN", "en": "en_GB"}[lang]
    assert money.show(minor, currency, lang) == format_currency(
        money.from_minor(minor, currency), currency, locale=locale
    )


def test_an_unknown_amount_is_a_dash():
    assert money.show(None) == "–"
