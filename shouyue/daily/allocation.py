"""Who works on which case today (分案): a pure function over plain records, explained to the rep in words.

Rules, in this order, store by store (docs/adr/0008-allocation.md says why):

1. A case stays with its rep while he is at work in the case's store.
2. A rep whose planned minutes exceed his capacity by more than ``MARGIN`` gives away his least urgent cases, as far as
   others have room below their capacity.
3. Every other case goes to the rep with the lowest planned share of his capacity; where shares are equal, to the one
   with the smallest amount in hand.

The same cases and reps give the same answer in whatever order they come.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm

#: how far above his capacity a rep may be before he gives cases away
MARGIN = Fraction(1, 5)


@dataclass(frozen=True)
class Rep:
    """One who may work cases of ``store``. ``takes`` is False for who only keeps what he was handed (a manager)."""

    id: int
    store: str
    capacity: int
    name: str = ""
    takes: bool = True


@dataclass(frozen=True)
class Work:
    """A case to be worked. ``rep`` is who has it, or had it last; ``settled`` is True where today has decided already.

    ``minutes`` are planned, ``amount_minor`` is overdue and due.
    """

    key: str
    store: str
    minutes: int
    priority: int
    amount_minor: int
    rep: int | None = None
    settled: bool = False
    #: the customer's case before this one was the rep's; this one is new
    returns: bool = False

    @property
    def weight(self) -> int:
        """Minutes, and at least one, so that held cases are spread as well."""
        return max(self.minutes, 1)


@dataclass(frozen=True)
class Share:
    """Whose a case is, and why. ``rep`` None: the store has nobody; ``kept``: nothing changes, leave it as written."""

    key: str
    rep: int | None
    zh: str = ""
    en: str = ""
    kept: bool = False


@dataclass
class _Load:
    """What a rep has in hand while cases are dealt."""

    rep: Rep
    weight: int = 0
    minutes: int = 0
    amount: int = 0
    works: list[Work] = field(default_factory=list)

    def take(self, work: Work) -> None:
        self.weight += work.weight
        self.minutes += work.minutes
        self.amount += work.amount_minor

    def give(self, work: Work) -> None:
        self.weight -= work.weight
        self.minutes -= work.minutes
        self.amount -= work.amount_minor

    @property
    def rank(self) -> tuple[Fraction, int, int]:
        """Lowest comes first."""
        return Fraction(self.weight, self.rep.capacity), self.amount, self.rep.id


def allocate(works: Iterable[Work], reps: Iterable[Rep]) -> dict[str, Share]:
    """A share for every case, by its key."""
    by_store: defaultdict[str, list[Work]] = defaultdict(list)
    for work in works:
        by_store[work.store].append(work)
    staff: defaultdict[str, list[Rep]] = defaultdict(list)
    for rep in reps:
        staff[rep.store].append(rep)
    shares: dict[str, Share] = {}
    for store, own in by_store.items():
        shares.update(_store(own, staff[store]))
    return shares


def urgency(work: Work) -> tuple:
    """Sort key: the longest first so that loads come out even, then the most urgent, then the largest."""
    return -work.weight, -work.priority, -work.amount_minor, work.key


def _store(works: list[Work], staff: Sequence[Rep]) -> dict[str, Share]:
    loads = {rep.id: _Load(rep) for rep in staff if rep.capacity > 0}
    shares: dict[str, Share] = {}
    free: list[Work] = []
    for work in works:
        load = loads.get(work.rep) if work.rep is not None else None
        if load is None:
            free.append(work)
            continue
        load.take(work)
        load.works.append(work)
        shares[work.key] = _continued(work)
    shares.update(_relieve(loads))
    shares.update(_deal(free, [load for load in loads.values() if load.rep.takes]))
    return shares


def _continued(work: Work) -> Share:
    if work.settled:
        return Share(work.key, work.rep, kept=True)
    if work.returns:
        return Share(work.key, work.rep, "延续：您此前跟进过该客户", "kept with you: you know this customer")
    return Share(work.key, work.rep, "延续：由您跟进", "kept with you: you know the case")


def _relieve(loads: dict[int, _Load]) -> dict[str, Share]:
    """Cases that move from reps over their capacity to reps below theirs, the least urgent first."""
    moved: dict[str, Share] = {}
    takers = [(load.rank, load) for load in loads.values() if load.rep.takes and load.weight < load.rep.capacity]
    heapq.heapify(takers)
    over = (load for load in loads.values() if load.weight > load.rep.capacity * (1 + MARGIN))
    for giver in sorted(over, key=lambda load: load.rep.id):
        before = giver.minutes
        movable = sorted((w for w in giver.works if not w.settled), key=lambda w: (w.priority, w.amount_minor, w.key))
        for work in movable:
            if giver.weight <= giver.rep.capacity or not takers:
                break
            taker = takers[0][1]
            if taker.weight + work.weight > taker.rep.capacity:
                continue
            giver.give(work)
            moved[work.key] = Share(
                work.key,
                taker.rep.id,
                f"调剂：{giver.rep.name} 已有 {before} 分钟，超出 {giver.rep.capacity}；您有 {taker.minutes} 分钟",
                f"moved: {giver.rep.name} had {before} minutes, over {giver.rep.capacity}; you had {taker.minutes}",
            )
            taker.take(work)
            heapq.heapreplace(takers, (taker.rank, taker))
    return moved


def _deal(free: list[Work], takers: list[_Load]) -> dict[str, Share]:
    """Each case to the rep with the lowest share of his capacity."""
    if not takers:
        return {work.key: Share(work.key, None) for work in free}
    # a common denominator makes shares whole numbers: exact, and quick to compare
    even = len({load.rep.capacity for load in takers}) == 1
    scale = lcm(*(load.rep.capacity for load in takers))
    steps = {load.rep.id: scale // load.rep.capacity for load in takers}
    heap = [(load.weight * steps[load.rep.id], load.amount, load.rep.id, load) for load in takers]
    heapq.heapify(heap)
    dealt: dict[str, Share] = {}
    for work in sorted(free, key=urgency):
        load = heap[0][3]
        dealt[work.key] = Share(work.key, load.rep.id, *_balanced(load, even, taken_over=work.rep is not None))
        load.take(work)
        heapq.heapreplace(heap, (load.weight * steps[load.rep.id], load.amount, load.rep.id, load))
    return dealt


def _balanced(load: _Load, even: bool, taken_over: bool) -> tuple[str, str]:
    zh, en = (
        ("接手：原跟进人不在岗；", "taken over, its rep is not at work; ") if taken_over else ("均衡：", "balanced: ")
    )
    if even:
        return f"{zh}您今日 {load.minutes} 分钟，最少", f"{en}you had {load.minutes} minutes today, the fewest"
    percent = 100 * load.minutes // load.rep.capacity
    return (
        f"{zh}您今日 {load.minutes} 分钟，占额定 {percent}%，最低",
        f"{en}you had {load.minutes} minutes today, {percent}% of your capacity, the lowest",
    )
