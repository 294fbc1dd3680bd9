"""Which file is which table, and which header is which field: names weighed against what the values can be read as."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shouyue.book.recognising import LEAST, match, name_of, tables_by_name, value_words
from shouyue.book.sampling import LeftOut, Sample
from shouyue.book.schema import TABLES, Field, Table
from shouyue.book.sniffing import Distinct, Sniffed, sniff

#: parts that add up to an instalment where its amount is not given
PARTS = ("principal_minor", "interest_minor", "fee_minor")
#: fields an import can make up: by derive, or by a constant
MADE_UP = {"payment_id", "charge_id", "seq", "version", "kind"}


@dataclass
class Pick:
    """A header for a field. ``name`` is how surely it is called so, ``fit`` how many of its values read."""

    spec: Field
    header: str
    name: float
    fit: float

    @property
    def score(self) -> float:
        return self.name * self.fit


@dataclass
class Candidate:
    """A file taken as a table."""

    table: Table
    sample: Sample
    named: float
    picks: dict[str, Pick] = field(default_factory=dict)

    @property
    def missing(self) -> list[Field]:
        """Mandatory fields for which the file has nothing, and which nothing can stand in for."""
        parts = self.table.name == "instalments" and any(p in self.picks for p in PARTS[:2])
        made_up = {"version"} | (MADE_UP - {"kind"} if self.named or self.strong else set())
        if self.constant_kind:
            made_up |= {"kind"}
        return [
            f
            for f in self.table.fields
            if f.need != "may"
            and f.name not in self.picks
            and f.name not in made_up
            and not (f.name == "amount_minor" and parts)
        ]

    @property
    def strong(self) -> bool:
        """Do the headers speak of this table without the file's name? Then a number may be made up."""
        return sum(p.name >= 0.85 for p in self.picks.values()) >= 4

    @property
    def constant_kind(self) -> str | None:
        """The kind of all charges of a file, where its name says it (罚息明细)."""
        if self.table.name != "charges" or "kind" in self.picks:
            return None
        kinds = {meaning for word, meaning in value_words("kind").items() if len(word) > 1 and word in self.said}
        return kinds.pop() if len(kinds) == 1 else None

    @property
    def said(self) -> str:
        return self.sample.label.lower().replace("_", " ")

    @property
    def weight(self) -> float:
        found = sum((2 if p.spec.need != "may" else 1) * p.score for p in self.picks.values())
        made_up = sum(f.name not in self.picks for f in self.table.fields if f.need != "may" and f.name in MADE_UP)
        return found + 3 * self.named - 1.5 * len(self.missing) - 0.5 * made_up

    @property
    def enough(self) -> bool:
        """Is it this table: all that is mandatory and something to tell it by, or its name and most of it?"""
        if not self.picks:
            return False
        if not self.missing:
            return self.named > 0 or len(self.picks) >= 3
        need = [f for f in self.table.fields if f.need != "may"]
        return self.named == 1 and len(self.picks) >= 2 and len(self.missing) * 2 <= len(need)


class Matcher:
    """Reads each column of a sample at most once for each kind of field."""

    def __init__(self, currency: str):
        self.currency = currency
        self._fits: dict[tuple[int, str, str, str], float] = {}

    def fit(self, sample: Sample, header: str, spec: Field) -> float:
        what = spec.name if spec.kind in ("text", "choice", "int") else spec.kind
        key = (id(sample), header, spec.kind, what)
        if key not in self._fits:
            column = sample.column(header).head(20_000)
            self._fits[key] = _telling(spec, sniff(spec, column, currency=self.currency))
        return self._fits[key]

    def candidate(self, table: Table, sample: Sample) -> Candidate:
        """The best header for each field: surest first, mandatory before the rest, each header once."""
        picks = []
        for at, header in enumerate(sample.once()):
            for place, f in enumerate(table.fields):
                name = match(table.name, f, header)
                if name >= LEAST and (fit := self.fit(sample, header, f)) > 0:
                    picks.append((-name * fit, f.need == "may", place, at, Pick(f, header, name, fit)))
        chosen: dict[str, Pick] = {}
        taken: set[str] = set()
        for *_, pick in sorted(picks, key=lambda p: p[:4]):
            if pick.spec.name not in chosen and pick.header not in taken:
                chosen[pick.spec.name] = pick
                taken.add(pick.header)
        named = tables_by_name(sample.label.rsplit("/", 1)[-1].replace(sample.path.suffix, ""))
        return Candidate(table, sample, named.get(table.name, 0.0), chosen)


def _telling(spec: Field, found: Sniffed) -> float:
    """How well values fit a field; a few bad rows are no sign of a wrong column."""
    fit = found.fit
    if fit < 0.5:
        return 0.0
    return 1.0 if fit >= 0.98 else fit


def tables(
    samples: Sequence[Sample], currency: str
) -> tuple[dict[str, list[Candidate]], list[LeftOut], dict[int, Candidate]]:
    """Files by table, the first of each the one to go by; what was left out; and the nearest table of each file."""
    matcher = Matcher(currency)
    left: list[LeftOut] = []
    chosen: dict[str, list[Candidate]] = {}
    nearest: dict[int, Candidate] = {}
    sure: list[Candidate] = []
    for sample in samples:
        tried = sorted((matcher.candidate(t, sample) for t in TABLES.values()), key=lambda c: -c.weight)
        fitting = [c for c in tried if c.enough]
        nearest[id(sample)] = best = fitting[0] if fitting else tried[0]
        if fitting:
            sure.append(best)
        else:
            left.append(_unrecognised(sample, best))
    for one in sorted(sure, key=lambda c: (-c.weight, c.sample.label)):
        held = chosen.setdefault(one.table.name, [])
        if not held or _alike(held[0], one):
            held.append(one)
        else:
            left.append(_second(one, held[0]))
    settle_loan_numbers(chosen)
    return chosen, left, nearest


def _unrecognised(sample: Sample, best: Candidate) -> LeftOut:
    """Why a file is no table. Its headers are not told: in a file without any they would be somebody's data."""
    if not best.picks:
        return LeftOut(sample.label, "没有认得的表头", "no header is known")
    zh = "、".join(f"{f.name}（{f.zh}）" for f in best.missing)
    en = ", ".join(f"{f.name} ({f.en})" for f in best.missing)
    name = best.table.name
    if not best.missing:
        return LeftOut(sample.label, f"像 {name}，但可辨认的列太少", f"like {name}, but too few columns are known")
    return LeftOut(sample.label, f"最像 {name}，但缺少 {zh}", f"most like {name}, but without {en}")


def _second(one: Candidate, held: Candidate) -> LeftOut:
    name, other = one.table.name, held.sample.label
    return LeftOut(
        one.sample.label,
        f"也像 {name}，但 {other} 更完整，且两者表头或格式不同，一个表只能有一种格式",
        f"also like {name}, but {other} is more complete and differs in headers or format; a table has one format",
    )


def _alike(a: Candidate, b: Candidate) -> bool:
    """Can one table's profile read both files?"""
    one, two = a.sample, b.sample
    if one.relation or two.relation:  # a query is one table's
        return False
    same = ("delimiter", "quote", "skip_lines", "sheet")
    if any(getattr(one.reading, k) != getattr(two.reading, k) for k in same):
        return False
    if one.path.suffix.lower() != two.path.suffix.lower():
        return False
    if one.reading.encoding != two.reading.encoding and "utf-8" not in (one.reading.encoding, two.reading.encoding):
        return False
    plain = ("只有 ASCII 字符", "ASCII only")
    if one.reading.encoding != two.reading.encoding and plain not in (one.encoding_why, two.encoding_why):
        return False
    return {p.header for p in a.picks.values()} <= set(two.once())


# --- numbers that join the tables


def overlap(child: Candidate, header: str, parent: Candidate, parent_header: str) -> float:
    """Share of the child's distinct values that the parent has."""
    mine = set(Distinct.of(child.sample.column(header)).texts())
    theirs = set(Distinct.of(parent.sample.column(parent_header)).texts())
    return len(mine & theirs) / len(mine) if mine else 0.0


def settle_loan_numbers(chosen: dict[str, list[Candidate]]) -> None:
    """Where files have several numbers of a loan (合同号 and 借据号), take those by which the tables join.

    The loans' own must tell the loans apart, and the children's must be found among them.
    """
    if "loans" not in chosen:
        return
    loans = chosen["loans"][0]
    children = [c[0] for name, c in chosen.items() if TABLES[name].parent == ("loans", "loan_id")]
    options = _numbers(loans)
    if len(options) < 2 and all(len(_numbers(c)) < 2 for c in children):
        return

    def worth(header: str) -> float:
        column = loans.sample.column(header)
        apart = column.n_unique() / max(column.len(), 1)
        return 2 * apart + sum(max((overlap(c, h, loans, header) for h in _numbers(c)), default=0.0) for c in children)

    if not options:
        return
    best = max(options, key=worth)
    _take(loans, best)
    for child in children:
        mine = _numbers(child)
        if mine:
            _take(child, max(mine, key=lambda h: overlap(child, h, loans, best)))


def _numbers(c: Candidate) -> list[str]:
    """Headers that may be the loan's number, the likeliest first, those of other fields left out."""
    taken = {p.header for name, p in c.picks.items() if name != "loan_id"}
    spec = c.table.field("loan_id")
    named = [(match(c.table.name, spec, h), h) for h in c.sample.once() if h not in taken]
    return [h for m, h in sorted(named, key=lambda pair: -pair[0]) if m >= 0.8]


def _take(c: Candidate, header: str) -> None:
    spec = c.table.field("loan_id")
    if "loan_id" not in c.picks or c.picks["loan_id"].header != header:
        c.picks["loan_id"] = Pick(spec, header, match(c.table.name, spec, header), 1.0)


def elsewhere(header: str, table: str, names: Iterable[str] = tuple(TABLES)) -> tuple[str, str] | None:
    """The table and field of another table that a left-out header speaks of."""
    found = [(match(t, f, header), t, f.name) for t in names if t != table for f in TABLES[t].fields]
    score, other, name = max(found, default=(0.0, "", ""))
    return (other, name) if score >= 0.85 and len(name_of(header).joined) > 1 else None
