"""What an entry of the audit trail says, in the words of the page: the action, and the data without its digests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from shouyue.messaging.models import Letter
from shouyue.web import release_pages, words

#: actions of one thing, whose last part is what its own states call them
_THINGS: dict[str, tuple[LazyText, Mapping[str, LazyText | str]]] = {
    "agency": (
        _("Placement"),
        {
            "place": _("placed"),
            "extend": _("last day moved"),
            "take_back": _("recalled"),
            "term": _("its time is over"),
        },
    ),
    "concession": (_("Concession"), words.WAIVER_ACTIONS),
    "letter": (_("Letter"), dict(Letter.State.choices)),
    "matter": (_("Matter"), words.MATTER_ACTIONS),
    "quote": (_("Early settlement quote"), words.QUOTE_ACTIONS),
    "version": (_("Version"), release_pages.ACTIONS),
    "visit": (_("Visit"), words.VISIT_ACTIONS),
}
#: longer values are opened by whoever wants to see them
SHORT = 60
_ACTIONS: words.Words = {
    "agency.save": _("An agency's record changed"),
    "agency.token": _("A token made for an agency"),
    "agency.token_withdrawn": _("A token of an agency withdrawn"),
    "book.reconcile": _("The book reconciled with the lender's balances"),
    "case.end": _("A case ended"),
    "case.hand_over": _("A case handed over"),
    "case.take_up": _("A case taken up again"),
    "cases.export": _("A list of cases taken along"),
    "concession.instruction": _("Waivers told to the core"),
    "contact.end": _("What became of an agency's contact"),
    "contact.finish": _("A contact logged"),
    "contact.inbound": _("A call that came in"),
    "contact.refused": _("A contact refused by the gate"),
    "contact.report": _("A contact reported afterwards"),
    "contact.speaker": _("Who else was on the line"),
    "contact.start": _("A contact begun"),
    "contact_changes.again": _("A file of contact data made again"),
    "contact_changes.export": _("Contact data told to the core"),
    "conventions.export": _("A comparison of conventions taken along"),
    "day.publish": _("The day published"),
    "db.backup": _("A backup made"),
    "db.restore": _("The desk restored from a backup"),
    "demo.staff": _("The demo's staff made"),
    "detail.add": _("An address or employer told"),
    "guarantor.say": _("Whether the contract binds a guarantor"),
    "interview.add": _("A signing interview kept"),
    "interview.import": _("Interviews taken in"),
    "letter.archive": _("Letters archived"),
    "lost_contact.step": _("A step to reach the borrower"),
    "note.add": _("A note written"),
    "number.add": _("A number added"),
    "number.correct": _("A number corrected"),
    "number.mark": _("A number marked"),
    "personal.reveal": _("A masked value shown in full"),
    "plan.end": _("A payment plan ended"),
    "plan.make": _("A payment plan made"),
    "privacy.copied": _("A customer's data copied for him"),
    "privacy.erased": _("A customer's data erased"),
    "promise.confirm": _("A promise confirmed"),
    "promise.end": _("A promise ended"),
    "quote.instruction": _("Early settlements told to the core"),
    "reconciliation.export": _("A reconciliation taken along"),
    "trial.ask": _("A trial of a strategy asked for"),
    "trial.export": _("A trial taken along"),
    "user.activate": _("An account let in again"),
    "user.add": _("An account made"),
    "user.capacity": _("A colleague's minutes changed"),
    "user.deactivate": _("An account shut"),
    "user.examined": _("An examination recorded"),
    "user.line": _("A colleague's line changed"),
    "user.locked": _("An account locked after failed sign-ins"),
    "user.password": _("A password set"),
    "user.password_change": _("Somebody changed his password"),
    "user.recovery_code": _("Signed in by a recovery code"),
    "user.recovery_codes": _("Recovery codes made"),
    "user.second_factor_off": _("Second factor taken off"),
    "user.second_factor_on": _("Second factor put on"),
    "user.sign_in": _("Signed in"),
    "user.unlock": _("An account unlocked"),
    "wish.add": _("What somebody said about contact"),
    "wish.call_back": _("A call back asked for"),
}
#: every action that the desk writes into the chain
ACTIONS = (*_ACTIONS, *(f"{thing}.{action}" for thing, (_noun, verbs) in _THINGS.items() for action in verbs))


def action(name: str) -> str:
    """What was done; the action's own name where this page does not know it."""
    thing, _dot, what = name.partition(".")
    if name in _ACTIONS:
        return str(_ACTIONS[name])
    noun, verbs = _THINGS.get(thing, ("", {}))
    return f"{noun}: {verbs[what]}" if what in verbs else name


def data(entry: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """Name, value and whether it is short, of each value of an entry's data; what is empty is left out."""
    for name, value in entry.items():
        if value not in (None, "", [], {}):
            said = _said(value)
            yield name, said, len(said) <= SHORT and name != "written"


def _said(value: Any) -> str:
    if isinstance(value, list):
        return (" · " if any(isinstance(one, list) for one in value) else ", ").join(map(_said, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {_said(one)}" for name, one in value.items())
    return "–" if value is None else str(value)
