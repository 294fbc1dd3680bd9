"""What people type, read into plain values; errors come back by field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shouyue.base import money
from shouyue.base.errors import ShouyueError
from shouyue.casework.errors import Invalid
from shouyue.casework.house import house
from shouyue.casework.outcome import Outcome
from shouyue.web import showing

FIRST_DAY = date(1990, 1, 1)
TIME_INPUTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]


class OutcomeForm(forms.Form):
    """The outcome of a call. Which values go together is the service's to say; here they are only read."""

    reached = forms.CharField(required=False)
    result = forms.CharField(required=False)
    why_late = forms.CharField(required=False)
    manner = forms.CharField(required=False)
    note = forms.CharField(required=False, max_length=4000)
    wording_reason = forms.CharField(required=False, max_length=300)
    who = forms.CharField(required=False, max_length=40)
    promise_amount = forms.CharField(required=False, max_length=40)
    promise_due = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    promise_beside = forms.BooleanField(required=False)
    next_action = forms.CharField(required=False)
    next_action_at = forms.DateTimeField(required=False, input_formats=TIME_INPUTS)

    def __init__(self, data: Mapping, currency: str):
        super().__init__(data)
        self.currency = currency
        self.parts = range(2, house().most_parts + 1)
        for n in self.parts:
            self.fields[f"promise_amount_{n}"] = forms.CharField(required=False, max_length=40)
            self.fields[f"promise_due_{n}"] = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
        if data.get("result") != "promise":  # their fields are filled in beforehand, and hidden
            for name in self.fields:
                if name.startswith("promise_"):
                    self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        for name in ("promise_amount", *(f"promise_amount_{n}" for n in self.parts)):
            if name in self.cleaned_data:
                self.cleaned_data[name] = self._minor(name, self.cleaned_data[name])
        return self.cleaned_data

    def _minor(self, name: str, text: str) -> int | None:
        try:
            return money.to_minor(text, self.currency) if text else None
        except ShouyueError as error:
            self.add_error(name, error.text(showing.language()))
            return None

    def outcome(self) -> Outcome:
        given = self.cleaned_data
        more = [(given[f"promise_amount_{n}"], given[f"promise_due_{n}"]) for n in self.parts]
        return Outcome(
            reached=given["reached"],
            result=given["result"],
            why_late=given["why_late"],
            manner=given["manner"],
            note=given["note"],
            wording_reason=given["wording_reason"],
            who=given["who"],
            promise_minor=given["promise_amount"],
            promise_due=given["promise_due"],
            promise_more=tuple(part for part in more if part != (None, None)),
            promise_beside=given["promise_beside"],
            next_action=given["next_action"],
            next_action_at=given["next_action_at"],
        )

    def refuse(self, error: Invalid) -> None:
        """Put a service's error beside the field it names."""
        field = error.field if error.field in self.fields else None
        self.add_error(field, error.text(showing.language()))


class InboundForm(OutcomeForm):
    """The outcome of a call that came in, with when it came and from which number."""

    at = forms.DateTimeField(required=False, input_formats=TIME_INPUTS)
    point = forms.IntegerField(required=False)
    identified = forms.BooleanField(required=False)


class VisitForm(OutcomeForm):
    """The outcome of a visit, with whom it met."""

    point = forms.IntegerField(required=False)
    untold = forms.BooleanField(required=False)
    reference = forms.CharField(required=False, max_length=300)


def _day_input() -> forms.DateInput:
    """The browser's own chooser of days, which takes 2026-11-24 in every language."""
    return forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class HistoryForm(forms.Form):
    """Both axes of a loan's history: the day asked about and the day of knowledge; the rules, and how far back."""

    YEARS = ((1, _("1 year")), (2, _("2 years")), (3, _("3 years")))

    as_of = forms.DateField(required=False, label=_("Day"), widget=_day_input())
    known_at = forms.DateField(required=False, label=_("As known on"), widget=_day_input())
    convention = forms.ChoiceField(required=False, label=_("Convention"))
    years = forms.TypedChoiceField(required=False, coerce=int, empty_value=None, choices=YEARS, label=_("Back"))
    call = forms.UUIDField(required=False, widget=forms.HiddenInput())

    def __init__(self, data: Mapping, today: date):
        from shouyue.ageing import convention as conventions  # the engine, which few pages need

        super().__init__(data)
        self.today = today
        self.fields["convention"].choices = [("", _("as published")), *((n, n) for n in conventions.known())]  # type: ignore[attr-defined]

    def clean_as_of(self) -> date | None:
        day = self.cleaned_data["as_of"]
        if day and not FIRST_DAY <= day <= self.today:
            raise forms.ValidationError(_("A day up to the business day."))
        return day

    def clean_known_at(self) -> date | None:
        day = self.cleaned_data["known_at"]
        if day and day < FIRST_DAY:
            raise forms.ValidationError(_("A day not before 1990."))
        return day


class ComparisonForm(forms.Form):
    """Two conventions, and the day and knowledge on which to compare them."""

    was = forms.ChoiceField(label=_("Convention now"))
    now = forms.ChoiceField(label=_("Convention instead"))
    as_of = forms.DateField(label=_("Day"), widget=_day_input())
    known_at = forms.DateField(required=False, label=_("As known on"), widget=_day_input())

    def __init__(self, data: Mapping | None, today: date, convention: str):
        from shouyue.ageing import convention as conventions  # the engine, which few pages need

        super().__init__(data, initial={"was": convention, "as_of": today})
        self.today = today
        for name in ("was", "now"):
            self.fields[name].choices = [(n, n) for n in conventions.known()]  # type: ignore[attr-defined]

    def clean_as_of(self) -> date:
        day = self.cleaned_data["as_of"]
        if not FIRST_DAY <= day <= self.today:
            raise forms.ValidationError(_("A day up to the business day."))
        return day


class ReasonsForm(forms.Form):
    """The days of a report on why people are late, and what it is split by; a month up to the business day at first."""

    WAYS = (
        ("", pgettext_lazy("of a split", "nothing")),
        ("stage", _("Stage")),
        ("product", _("Product")),
        ("store", _("Store")),
    )

    since = forms.DateField(label=pgettext_lazy("of a period", "From"), widget=_day_input())
    until = forms.DateField(label=pgettext_lazy("of a period", "To"), widget=_day_input())
    by = forms.ChoiceField(required=False, label=_("Split by"), choices=WAYS)

    def __init__(self, data: Mapping, today: date, most: int):
        first = {"since": (today - timedelta(days=29)).isoformat(), "until": today.isoformat(), "by": ""}
        super().__init__({name: data.get(name) or otherwise for name, otherwise in first.items()})
        self.today, self.most = today, most

    def clean_since(self) -> date:
        day = self.cleaned_data["since"]
        if not FIRST_DAY <= day <= self.today:
            raise forms.ValidationError(_("A day up to the business day."))
        return day

    def clean_until(self) -> date:
        day, since = self.cleaned_data["until"], self.cleaned_data.get("since")
        if since and not since <= day <= since + timedelta(days=self.most - 1):
            raise forms.ValidationError(_("At most %(most)d days, the first before the last.") % {"most": self.most})
        return day


class NewStaff(forms.Form):
    """A new colleague's account."""

    username = forms.RegexField(r"\A[\w.@+-]+\Z", max_length=150, label=_("User name"))
    full_name = forms.CharField(max_length=100, label=_("Name"))
    role = forms.CharField(label=_("Role"))
    store = forms.IntegerField(required=False, label=_("Store"))
    capacity_minutes = forms.IntegerField(min_value=0, max_value=1440, label=_("Minutes of calls a day"))
    password = forms.CharField(max_length=200, strip=False, label=_("First password"))


def uuid_of(text: str | None) -> UUID | None:
    """The id that a form carries so that sending it twice does one thing; None when it is none."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def whole_number(text: str | None) -> int:
    """The number of a row that a form names; 0, which no row has, when it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


def local_moment(text: str | None) -> datetime | None:
    """A moment as a page's field gives it, on the lender's clock; None for what is none."""
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=showing.home_zone())
    except ValueError:
        return None


def day_of(text: str | None) -> date | None:
    """A day as a page's field gives it; None for what is none."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
