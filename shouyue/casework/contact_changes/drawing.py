"""A change of contact data as a line of the file: drawn from the desk's own rows, each time anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.db.models import BigIntegerField, Case, Count, Exists, OuterRef, QuerySet, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from shouyue.casework.models import ContactPoint, TimelineEntry, ToldDetail, ToldLine
from shouyue.compliance.identity import text_key

Change = ToldLine.Change
#: columns of a line behind record, instruction and line
COLUMNS = ("change", "customer", "phone", "relation", "place", "name", "mark", "value", "city", "zone")
COLUMNS += ("letters", "source", "reference", "told_at")
#: how the timeline's reference of a change of a number begins
_REFS = {
    "number:": Change.NUMBER_ADDED,
    "number-correct:": Change.NUMBER_CORRECTED,
    "number-mark:": Change.NUMBER_MARKED,
}


@dataclass(frozen=True)
class Told:
    """A change: where it stands at the desk, and its cells by ``COLUMNS``; personal data."""

    change: str
    row: int
    customer_id: int
    number: int | None
    fields: tuple[str, ...]
    at: datetime
    cells: Mapping[str, str]

    def texts(self) -> list[str]:
        return [self.cells.get(name, "") for name in COLUMNS]

    def digest(self) -> str:
        """Keyed, so that nobody can try out what a short text may have been."""
        return text_key("\x1f".join(self.texts()))[:32]

    def nameless(self) -> Told:
        """The same without the holder's name."""
        return replace(self, cells={**self.cells, "name": ""})

    def but_name(self) -> str:
        """Digest without the holder's name; empty for a change that tells of none."""
        return self.nameless().digest() if "name" in self.cells else ""


def untold() -> list[Told]:
    """What the core was not told yet, the oldest first; not what its file says by now."""
    found = [*of_numbers(_untold_numbers().order_by("pk")), *of_details(_untold_details().order_by("pk"))]
    return sorted(found, key=lambda told: (told.at, told.number is None, told.row))


def counts() -> dict[str, int]:
    """How much of it there is, by change."""
    which = Case(*(When(ref__startswith=begins, then=Value(str(change))) for begins, change in _REFS.items()))
    point = Cast(KeyTextTransform("number", "data"), BigIntegerField())
    there = Exists(ContactPoint.objects.filter(pk=OuterRef("point")))
    numbers = _untold_numbers().annotate(point=point, change=which).filter(there, change__isnull=False)
    details = _untold_details().exclude(value="")
    found = Counter(dict(numbers.values_list("change").annotate(Count("pk"))))
    return found + Counter(dict(details.values_list("what").annotate(Count("pk"))))


def _untold_numbers() -> QuerySet[TimelineEntry]:
    lines = ToldLine.objects.filter(row=OuterRef("pk"), number__isnull=False)
    return TimelineEntry.objects.filter(kind=TimelineEntry.Kind.NUMBER).exclude(Exists(lines))


def _untold_details() -> QuerySet[ToldDetail]:
    lines = ToldLine.objects.filter(row=OuterRef("pk"), number__isnull=True)
    return ToldDetail.objects.filter(settled=False).exclude(Exists(lines))


def again(lines: Iterable[ToldLine]) -> dict[int, Told]:
    """Lines of files as their rows draw them now, by line id; without those whose rows are erased."""
    lines = list(lines)
    rows = {True: {one.row for one in lines if one.number}, False: {one.row for one in lines if not one.number}}
    found = [*of_numbers(TimelineEntry.objects.filter(pk__in=rows[True]))]
    found += of_details(ToldDetail.objects.filter(pk__in=rows[False]))
    by = {(told.change, told.row): told for told in found}
    return {one.pk: by[one.change, one.row] for one in lines if (one.change, one.row) in by}


def of_numbers(entries: Iterable[TimelineEntry]) -> list[Told]:
    """New, corrected and marked numbers; none whose number or words are gone."""
    entries = [entry for entry in entries if "number" in entry.data]
    points = ContactPoint.objects.select_related("customer").in_bulk({entry.data["number"] for entry in entries})
    return [told for entry in entries if (told := _of_number(entry, points.get(entry.data["number"])))]


def _of_number(entry: TimelineEntry, point: ContactPoint | None) -> Told | None:
    change = next((kind for begins, kind in _REFS.items() if entry.ref.startswith(begins)), None)
    if point is None or change is None:
        return None
    data, cells = entry.data, {"source": entry.data.get("source", ""), "reference": entry.data.get("note", "")}
    fields: tuple[str, ...] = ()
    if change == Change.NUMBER_ADDED:
        cells |= {"relation": data["relation"], "place": data["place"], "name": point.name}
    elif change == Change.NUMBER_CORRECTED:
        fields = tuple(data["corrected"])
        cells |= {name: point.name if name == "name" else data[name][1] for name in fields}
    else:
        cells |= {"mark": data["mark"]}
    cells |= {"phone": point.phone}
    return _told(change, entry.pk, point.customer_id, point.customer.customer_id, point.pk, fields, entry.at, cells)


def of_details(told: Iterable[ToldDetail]) -> list[Told]:
    """Addresses and employers; none whose words are gone."""
    found = []
    for one in told:
        if one.value:
            cells = {
                "value": one.value,
                "city": one.city,
                "zone": one.zone,
                "source": one.source,
                "reference": one.reference,
            }
            cells |= {"letters": "yes" if one.letters else ""}
            customer = one.customer.customer_id
            found.append(_told(one.what, one.pk, one.customer_id, customer, None, (), one.at, cells))
    return found


def _told(
    change: str,
    row: int,
    customer_id: int,
    customer: str,
    number: int | None,
    fields: tuple[str, ...],
    at: datetime,
    cells: Mapping[str, str],
) -> Told:
    moment = at.astimezone(UTC).isoformat(timespec="seconds")
    whole = {**cells, "change": str(change), "customer": customer, "told_at": moment}
    return Told(str(change), row, customer_id, number, fields, at, whole)
