"""Personal data as the desk shows it until it is revealed with a reason."""

from __future__ import annotations


def mask_phone(phone: str) -> str:
    """First three and last four digits (``138****1234``); short numbers show the last two."""
    if len(phone) >= 8:
        return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"
    return "*" * max(0, len(phone) - 2) + phone[-2:]


def mask_id(number: str) -> str:
    """First three and last two characters of an identity document's number; the birthday in it stays hidden."""
    if len(number) >= 8:
        return f"{number[:3]}{'*' * (len(number) - 5)}{number[-2:]}"
    return "*" * len(number)


def mask_text(text: str) -> str:
    """Employer, address and the like: the first two characters, then a fixed mask, so that length tells nothing."""
    return f"{text[:2]}****" if text else ""
