"""What was told and counts: the newest of its kind, until the lender's file says the same."""

from __future__ import annotations

from collections.abc import Iterable

from shouyue.casework.models import ToldDetail

ADDRESS, EMPLOYER = ToldDetail.What.ADDRESS, ToldDetail.What.EMPLOYER


def history(customer_id: int) -> list[ToldDetail]:
    """All that was told of the customer and is not erased, the newest first. One query."""
    told = ToldDetail.objects.filter(customer=customer_id).exclude(value="").select_related("by")
    return list(told.order_by("-pk"))


def current(told: Iterable[ToldDetail]) -> dict[str, ToldDetail]:
    """By kind what counts over the lender's file; ``told`` is the history."""
    newest: dict[str, ToldDetail] = {}
    for one in told:
        newest.setdefault(one.what, one)
    return {what: one for what, one in newest.items() if not one.settled}


def for_letters(customer_id: int) -> ToldDetail | None:
    """The address last told to which he confirmed that letters go; None where the lender's file counts."""
    addresses = (one for one in history(customer_id) if one.what == ADDRESS)
    newest = next((one for one in addresses if one.letters or one.settled), None)
    return None if newest is None or newest.settled else newest
