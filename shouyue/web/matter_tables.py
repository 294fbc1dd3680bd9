"""The queue of matters as a list that sorts, filters and pages."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_filters
import django_tables2
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from shouyue.casework.matters import states
from shouyue.casework.matters.kinds import kinds
from shouyue.casework.models import Matter
from shouyue.people.models import User
from shouyue.web import showing, words
from shouyue.web.tables import open_link

WHICH = (("live", _("Live")), ("late", _("Past the deadline")), ("mine", _("Mine to decide")), ("over", _("Over")))


class MatterTable(django_tables2.Table):
    kind = django_tables2.Column(_("Matter"))
    customer = django_tables2.Column(_("Customer"), accessor="case", order_by=("case__customer__name", "id"))
    state = django_tables2.Column(_("State"))
    due_on = django_tables2.Column(_("Deadline"))
    owner = django_tables2.Column(_("Owner"), empty_values=(), order_by=("owner__full_name", "id"))
    opened_at = django_tables2.Column(_("Opened"))
    store = django_tables2.Column(_("Store"), accessor="case__store", order_by=("case__store__name", "id"))

    class Meta:
        attrs = {"class": "wide"}
        order_by = ("due_on",)

    def __init__(self, *args: Any, day: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.day = day

    def render_kind(self, record: Matter) -> str:
        return format_html(
            '<a class="strong" href="{}">{}</a>', reverse("matter", args=[record.pk]), words.matter(record.kind)
        )

    def render_customer(self, record: Matter) -> str:
        return open_link(record.case_id, record.case.customer.name, record.case.customer.customer_id)

    def render_state(self, record: Matter) -> str:
        tone = {"open": "warn", "confirmed": "bad", "paused": "info"}.get(record.state, "")
        until = f" {record.paused_until}" if record.paused_until else ""
        return format_html('<span class="tag {}">{}{}</span>', tone, record.get_state_display(), until)  # type: ignore[attr-defined]

    def render_due_on(self, record: Matter) -> str:
        late = record.state == states.OPEN and record.due_on < self.day
        return format_html('<span class="{}">{}</span>', "bad strong" if late else "", record.due_on.isoformat())

    def render_owner(self, record: Matter) -> str:
        return str(record.owner or record.get_owner_role_display())  # type: ignore[attr-defined]

    def render_opened_at(self, value: Any) -> str:
        return showing.moment(value)


class MatterFilter(django_filters.FilterSet):
    which = django_filters.ChoiceFilter(choices=WHICH, label=_("Which"), empty_label=_("All"), method="choose")
    kind = django_filters.ChoiceFilter(label=_("Matter"), empty_label=_("All"))

    class Meta:
        model = Matter
        fields: list[str] = []

    def __init__(self, data: Any, queryset: QuerySet[Matter], user: User, day: date):
        super().__init__(data, queryset)
        self.user, self.day = user, day
        self.filters["kind"].extra["choices"] = [(id_, words.matter(id_)) for id_ in kinds()]

    def choose(self, found: QuerySet[Matter], name: str, which: str) -> QuerySet[Matter]:
        if which == "over":
            return found.exclude(state__in=states.LIVE)
        if which == "late":
            return found.filter(state=states.OPEN, due_on__lt=self.day)
        if which == "mine":
            decided = [k.id for k in kinds().values() if self.user.role in k.decides]
            return found.filter(state=states.OPEN, kind__in=decided).exclude(opened_by=self.user)
        return found.filter(state__in=states.LIVE)
