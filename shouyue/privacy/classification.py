"""Which field tells what of a borrower, read from ``classes.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.apps import apps
from django.db.models import Field, Model, QuerySet

from shouyue.casework.models import Customer


@dataclass(frozen=True)
class Class:
    name: str
    zh: str
    en: str
    #: is it erased when the time to keep it is over?
    erased: bool


@dataclass(frozen=True)
class Table:
    """A table that tells of borrowers, and the class of each of its fields."""

    model: type[Model]
    of: str
    classes: dict[str, Class]

    @property
    def name(self) -> str:
        return self.model._meta.label

    def rows(self, customer: Customer) -> QuerySet:
        """What it holds of one customer, oldest first."""
        way: dict[str, object] = {
            "person": {"person_id": customer.person_id},
            "customer number": {"customer_id": customer.customer_id},
        }.get(self.of, {self.of: customer.pk})  # type: ignore[arg-type]
        return self.model._default_manager.filter(**way).order_by("pk")

    def erased(self) -> list[Field]:
        return [field for field in plain_fields(self.model) if self.classes[field.name].erased]


def plain_fields(model: type[Model]) -> Iterator[Field]:
    """Fields that hold a value: no key of the table, no relation."""
    return (f for f in model._meta.local_concrete_fields if not f.primary_key and not f.is_relation)


@cache
def tables() -> tuple[Table, ...]:
    """Every table that tells of borrowers. A field without a class is a KeyError, here and in the tests."""
    raw = tomllib.loads(Path(__file__).with_name("classes.toml").read_text(encoding="utf-8"))
    known = {name: Class(name, **about) for name, about in raw["classes"].items()}
    found = []
    for label, fields in raw["tables"].items():
        model = apps.get_model(label)
        found.append(
            Table(
                model,
                fields["_of"],
                {f.name: known[fields.get("_all") or fields[f.name]] for f in plain_fields(model)},
            )
        )
    return tuple(found)
