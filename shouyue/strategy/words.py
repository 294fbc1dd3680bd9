"""Reasons in words: sentences with the numbers of each loan in them, put together column by column.

A sentence is a text with names in braces: ``逾期{dpd}，欠 {overdue}``. A name is put in with its unit (``12天``,
``1,234.50 元``; in English ``12 days``, ``CNY 1,234.50``); ``{late_of_six:n}`` is the bare number. Amounts are exact.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from shouyue.base.money import exponent
from shouyue.strategy.compiling import answers
from shouyue.strategy.layout import PLACE, placeholders
from shouyue.strategy.model import Label, Name, Strategy, Table
from shouyue.strategy.vocabulary import currency_word, vocabulary

SEPARATOR = {"zh": "；", "en": "; "}
LANGUAGES = ("zh", "en")
#: amounts of the same rows in words, by name and currency
Amounts = dict[tuple[str, str], pl.Series]


def columns_of(strategy: Strategy) -> list[str]:
    """The data's columns that the strategy's sentences ask for."""
    texts = [t for s in strategy.labels["sentences"].values() for t in (s.zh, s.en)]
    names = {n for text in texts for n in placeholders(text)} & set(strategy.names)
    return sorted({c for n in names if (c := strategy.names[n].column)})


def amount_text(minor: pl.Series, currency: str) -> pl.Series:
    """``123450`` -> ``"1,234.50"`` with thousands separators, exactly; missing stays missing."""
    places = exponent(currency)
    size = minor.abs()
    frame = pl.DataFrame({"minor": minor, "size": size})
    whole = pl.col("size") // 10**places
    text = _groups(whole, size.max())
    if places:
        text = text + "." + (pl.col("size") % 10**places).cast(pl.String).str.zfill(places)
    return frame.select(pl.when(pl.col("minor") < 0).then("-" + text).otherwise(text).alias("text")).to_series()


def _groups(whole: pl.Expr, largest: object) -> pl.Expr:
    """Thousands apart. Looks only at as many groups as the largest value of the column has."""
    if not isinstance(largest, int) or largest < 1000:
        return whole.cast(pl.String)
    lower = (whole % 1000).cast(pl.String)
    upper = _groups(whole // 1000, largest // 1000)
    return pl.when(whole >= 1000).then(upper + "," + lower.str.zfill(3)).otherwise(lower)


def value_text(
    values: pl.Series, name: Name, currency: str, lang: str, bare: bool = False, amounts: Amounts | None = None
) -> pl.Series:
    """A column as a person reads it, with its unit unless ``bare``; a missing value is ``–``.

    ``amounts`` keeps what is the same in every language.
    """
    if name.type.kind == "money":
        kept = amounts if amounts is not None else {}
        if (name.id, currency) not in kept:
            kept[name.id, currency] = amount_text(values, currency)
        text = kept[name.id, currency]
        if not bare:
            text = text + f" {currency_word(currency)}" if lang == "zh" else f"{currency} " + text
    elif name.type.kind == "bool":
        words = ("是", "否") if lang == "zh" else ("yes", "no")
        text = values.replace_strict([True, False], words, return_dtype=pl.String)
    else:
        text = values.cast(pl.String)
        if not bare and (unit := vocabulary().units.get(name.type.unit)):
            text = text + unit.zh if lang == "zh" else text + _unit_en(values, unit.one, unit.many)
    return text.fill_null("–")


def _unit_en(values: pl.Series, one: str, many: str) -> pl.Series:
    return pl.select(pl.when(values.abs() == 1).then(pl.lit(f" {one}")).otherwise(pl.lit(f" {many}"))).to_series()


def sentence(
    template: str, frame: pl.DataFrame, names: Mapping[str, Name], lang: str, amounts: Amounts | None = None
) -> pl.Series:
    """The template over every row of ``frame`` (data columns, ``=NAME`` columns, and ``currency``)."""
    if not placeholders(template):
        return pl.Series([template], dtype=pl.String).new_from_index(0, frame.height)
    parts: list[pl.Series | str] = []
    end = 0
    for found in PLACE.finditer(template):
        parts += [template[end : found.start()]] if found.start() > end else []
        parts.append(_placed(frame, names[found[1]], lang, bool(found[2]), amounts))
        end = found.end()
    parts += [template[end:]] if end < len(template) else []
    return pl.select(pl.concat_str([pl.lit(p) for p in parts])).to_series()


def _placed(frame: pl.DataFrame, name: Name, lang: str, bare: bool, amounts: Amounts | None) -> pl.Series:
    values = frame[f"={name.id}" if name.table else name.column]
    currencies = frame["currency"].unique().to_list() if name.type.kind == "money" else []
    if len(currencies) <= 1:
        return value_text(values, name, currencies[0] if currencies else "", lang, bare, amounts)
    texts = [value_text(values, name, c, lang, bare, amounts) for c in currencies]
    chosen = [pl.when(frame["currency"] == c).then(t) for c, t in zip(currencies, texts, strict=True)]
    return pl.select(pl.coalesce(chosen)).to_series()


def reasons(strategy: Strategy, table: Table, frame: pl.DataFrame) -> dict[str, pl.Series]:
    """The reason of every row, per language: the sentences of the table's rows that fired, in their order.

    ``frame`` has the table's hit columns. A sentence is formed only for the rows that need it.
    """
    sentences = strategy.labels["sentences"]
    columns: dict[str, list[pl.Series]] = {lang: [] for lang in LANGUAGES}
    wanted = frame.with_row_index("at").select("at", "currency", pl.exclude("at", "currency"))
    for met, results in answers(table):
        result = results[0]
        if result is None:
            continue
        label = sentences[str(result.value)]
        part = wanted.lazy().filter(met).select(_asked(strategy, label)).collect()
        if not part.height:
            continue
        amounts: Amounts = {}
        for lang, template in (("zh", label.zh), ("en", label.en)):
            text = sentence(template, part, strategy.names, lang, amounts)
            columns[lang].append(_spread(text, part["at"], frame.height))
    return {lang: _joined(texts, frame.height, SEPARATOR[lang]) for lang, texts in columns.items()}


def _asked(strategy: Strategy, label: Label) -> list[str]:
    """The columns that a sentence needs: fewer to filter than all there are."""
    names = [strategy.names[n] for n in placeholders(label.zh) + placeholders(label.en)]
    return list(dict.fromkeys(["at", "currency", *(f"={n.id}" if n.table else n.column for n in names)]))


def _spread(values: pl.Series, at: pl.Series, height: int) -> pl.Series:
    """``values`` at rows ``at`` of a column of ``height`` rows, missing elsewhere."""
    if len(values) == height:
        return values
    where = pl.Series([None], dtype=pl.UInt32).new_from_index(0, height)
    where = where.scatter(at, pl.int_range(len(values), dtype=pl.UInt32, eager=True))
    return values.gather(where)


def _joined(texts: list[pl.Series], height: int, separator: str) -> pl.Series:
    if not texts:
        return pl.Series([""], dtype=pl.String).new_from_index(0, height)
    joined = pl.concat_str([pl.lit(t) for t in texts], separator=separator, ignore_nulls=True)
    return pl.select(joined).to_series()
