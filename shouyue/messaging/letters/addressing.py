"""To which address a letter goes: the one last told that the borrower confirmed for letters, else the lender's file.

The address agreed in the contract is the one for service until the borrower names another; what somebody else says of
him changes nothing. Where the last letter to the told address came back, letters go to the file's again.
"""

from __future__ import annotations

from shouyue.casework.details import reading
from shouyue.casework.models import Customer, ToldDetail
from shouyue.messaging.models import Letter

State = Letter.State


def lines(customer: Customer) -> list[str]:
    """As on the envelope, city first; empty where there is none."""
    return chosen(customer)[0]


def chosen(customer: Customer) -> tuple[list[str], ToldDetail | None, bool]:
    """The address, with what was told where it is that, and whether the last letter to the told one came back."""
    filed = [line for line in (customer.city, customer.address) if line] if customer.address else []
    told = reading.for_letters(customer.pk)
    if told is None:
        return filed, None, False
    returned = came_back(customer, told.lines)
    return (filed, None, True) if returned and filed else (told.lines, told, returned)


def came_back(customer: Customer, address: list[str]) -> bool:
    """Was the newest letter to this address of which one knows what became of it returned?"""
    known = Letter.objects.filter(case__customer=customer, content__address=address)
    states = known.filter(state__in=(State.DELIVERED, State.RETURNED)).order_by("-made_at", "-number")
    return states.values_list("state", flat=True).first() == State.RETURNED


def moved(letter: Letter, customer: Customer) -> bool:
    """Did the borrower name another address since the letter was made?"""
    address, told, _ = chosen(customer)
    return told is not None and letter.content.get("address") != address
