"""A contact rule's values, and the facts that rules ask for, in the words of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shouyue.casework.matters.kinds import kinds
from shouyue.web import showing, words


def fact(key: str) -> str:
    """A fact's name, "not" before it included; a fact of the lender's own is named by its id."""
    if key.startswith("not "):
        return _("known not to hold: %(fact)s") % {"fact": fact(key.removeprefix("not "))}
    kind = kinds().get(key.removeprefix("matter_"))
    if key not in words.RULE_FACTS and key.startswith("matter_") and kind is not None:
        return _("open matter: %(kind)s") % {"kind": kind.text(showing.language())}
    return words.word(words.RULE_FACTS, key)


def told(value: bool | int | str | None) -> str:
    """What a fact was: yes, no, not known, a number, a day or a moment (by the lender's clock)."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str) and "T" in value:
        return showing.moment(datetime.fromisoformat(value))
    return "–" if value is None else str(value)


def value(kind: str, params: Mapping[str, Any]) -> str:
    """The values of a rule that is judged before a contact, as docs/compliance.md names them."""
    said = [str(words.RULE_KINDS[kind])] if kind in words.RULE_KINDS else []
    if "from" in params:
        said.append(f"{params['from']}–{params['to']}")
    if "any_of" in params:
        facts = showing.listed(map(fact, params["any_of"]))
        where = _("only where: %(facts)s") if kind == "only_when" else _("never where: %(facts)s")
        said.append(where % {"facts": facts})
    ends = (
        _("ends with: %(what)s") % {"what": _outcomes(params["after"])}
        if kind == "lapses" and "after" in params
        else ""
    )
    for key, shown in sorted(params.items(), key=_place):
        if key in SAYS:
            said.append(ends if ends and key == "after" else SAYS[key](shown))
    return ("；" if showing.language() == "zh" else "; ").join(said)


def _outcomes(keys: Iterable[str]) -> str:
    return showing.listed(words.word(words.OUTCOMES, key) for key in keys)


#: in the order in which they are said; ``from`` and ``to`` are said as one
SAYS: dict[str, Callable[[Any], str]] = {
    "places": lambda _all: _("wherever the person may be"),
    "of": lambda keys: _("counted: %(what)s") % {"what": _outcomes(keys)},
    "after": lambda keys: _("after: %(what)s") % {"what": _outcomes(keys)},
    "except": lambda keys: _("not counted: %(what)s") % {"what": showing.listed(map(fact, keys))},
    "per": lambda key: words.word(words.COUNTED_PER, key),
    "only": lambda keys: showing.listed(words.word(words.CONTENTS, key) for key in keys),
    "fact": fact,
    "days": lambda n: ngettext("within %(count)d day", "within %(count)d days", n) % {"count": n},
    "direct": lambda _yes: _("good for the one alone to whom it was given"),
    "minutes": lambda n: ngettext("within %(count)d minute", "within %(count)d minutes", n) % {"count": n},
    "max": lambda n: _("at most %(count)d") % {"count": n},
    "missing": lambda key: _("not judged where it is not known") if key == "unknown" else _("not known counts as no"),
}


def _place(param: tuple[str, Any]) -> int:
    return list(SAYS).index(param[0]) if param[0] in SAYS else len(SAYS)
