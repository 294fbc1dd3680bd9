"""A row of the manager's day: the numbers of a rep, of a store, or of all, and the shares they give."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from shouyue.reports.metrics import share


@dataclass
class Figure:
    """So many, and so much: minor units of the page's currency."""

    count: int = 0
    minor: int = 0
    currency: str = ""

    def more(self, count: int, minor: int) -> None:
        self.count += count
        self.minor += minor


@dataclass
class Row:
    """The day of a rep, of a store, or of all. ``id`` is the user's or the store's, None for no rep and for the sum."""

    id: int | None
    name: str
    currency: str
    due: Figure = field(init=False)
    unassigned: Figure = field(init=False)
    promised: Figure = field(init=False)
    paid: Figure = field(init=False)
    inflow: Figure = field(init=False)
    kept: Figure = field(init=False)
    part_kept: Figure = field(init=False)
    broken: Figure = field(init=False)
    #: amounts that came as promised, over the promises judged today
    came_minor: int = 0
    #: open cases, held ones with them
    assigned: int = 0
    held: int = 0
    done: int = 0
    planned_minutes: int = 0
    calls: int = 0
    #: contacts with the borrower, and the cases they were about
    talks: int = 0
    reached: int = 0
    reminded: int = 0
    call_seconds: int = 0
    #: planned capacity of a rep, of the store's reps together
    capacity_minutes: int = 0

    def __post_init__(self) -> None:
        for name in _FIGURES:
            setattr(self, name, Figure(currency=self.currency))

    @property
    def todo(self) -> int:
        return self.due.count - self.done

    @property
    def call_minutes(self) -> int:
        return self.call_seconds // 60

    @property
    def done_share(self) -> Fraction | None:
        return share(self.done, self.due.count)

    @property
    def rpc_per_attempt(self) -> Fraction | None:
        return share(self.talks, self.calls)

    @property
    def promise_rate(self) -> Fraction | None:
        return share(self.promised.count, self.talks)

    @property
    def judged(self) -> int:
        return self.kept.count + self.part_kept.count + self.broken.count

    @property
    def kept_rate(self) -> Fraction | None:
        return share(self.kept.count, self.judged)

    @property
    def kept_rate_amount(self) -> Fraction | None:
        return share(self.came_minor, self.kept.minor + self.part_kept.minor + self.broken.minor)

    @property
    def load_share(self) -> Fraction | None:
        return share(self.planned_minutes, self.capacity_minutes)

    def add(self, other: Row) -> None:
        for name in _FIGURES:
            other_figure: Figure = getattr(other, name)
            getattr(self, name).more(other_figure.count, other_figure.minor)
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))


_FIGURES = ("due", "unassigned", "promised", "paid", "inflow", "kept", "part_kept", "broken")
_NUMBERS = ("came_minor", "assigned", "held", "done", "planned_minutes", "calls", "talks", "reached", "reminded")
_NUMBERS += ("call_seconds", "capacity_minutes")
