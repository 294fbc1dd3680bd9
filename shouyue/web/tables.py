"""Lists that sort, filter, page and export: cases and promises."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2
from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from shouyue.casework.models import Agency, Case, Phase, Promise, Quote
from shouyue.casework.quotes import states
from shouyue.messaging.models import Letter
from shouyue.people.models import Role, Store, User
from shouyue.web import showing, words

_NUMBER = {"td": {"class": "number"}, "th": {"class": "number"}}


def paged(request: HttpRequest, table: django_tables2.Table) -> django_tables2.Table:
    """The table sorted and paged as the address asks; pages are found without counting all rows."""
    pages: Any = {"per_page": 50, "paginator_class": django_tables2.LazyPaginator}
    django_tables2.RequestConfig(request, paginate=pages).configure(table)
    return table


def asked(request: HttpRequest, **otherwise: str) -> QueryDict:
    """What the address filters by; ``otherwise`` where it names no filter, whatever it says of order and page."""
    query = request.GET.copy()
    if not query.keys() - {"sort", "page"}:
        query.update(otherwise)
    return query


def open_link(case_id: int, name: str, customer_id: str) -> str:
    shown = showing.hidden_name(name)
    link = reverse("case", args=[case_id])
    return format_html(
        '<a class="strong" href="{}">{}</a> <span class="small soft">{}</span>',
        link,
        shown or customer_id,
        customer_id if shown else "",
    )


class Choose(django_tables2.Column):
    """A box to tick a line with; the heading ticks them all."""

    @property
    def header(self) -> str:
        return format_html('<input type="checkbox" data-all="case" aria-label="{}">', _("Choose all"))

    def render(self, value: int) -> str:
        return format_html(
            '<input type="checkbox" name="case" value="{}" form="assign" aria-label="{}">',
            value,
            _("Choose case %(id)s") % {"id": value},
        )


class CaseTable(django_tables2.Table):
    choose = Choose(accessor="pk", orderable=False)
    customer = django_tables2.Column(_("Customer"), order_by=("customer__name", "id"))
    phase = django_tables2.Column(_("Phase"))
    segment = django_tables2.Column(_("Segment"))
    bucket = django_tables2.Column(_("Bucket"))
    dpd = django_tables2.Column(_("Days late"), attrs=_NUMBER)
    overdue_minor = django_tables2.Column(_("Overdue"), attrs=_NUMBER)
    due_minor = django_tables2.Column(_("Due amount"), attrs=_NUMBER)
    next_due = django_tables2.Column(_("Due date"))
    priority = django_tables2.Column(_("Priority"), visible=False)
    assignee = django_tables2.Column(_("Works on it"), default="–", order_by=("assignee__full_name", "id"))
    store = django_tables2.Column(_("Store"), order_by=("store__name", "id"))
    last_contact_at = django_tables2.Column(_("Last contact"))
    status = django_tables2.Column(_("Status"))

    class Meta:
        attrs = {"class": "wide"}
        order_by = ("-priority",)

    def render_customer(self, record: Case) -> str:
        return open_link(record.pk, record.customer.name, record.customer.customer_id)

    def render_phase(self, record: Case) -> str:
        return format_html('<span class="tag {}">{}</span>', record.phase, record.get_phase_display())  # type: ignore[attr-defined]

    def render_segment(self, record: Case) -> str:
        return words.strategy_label(record.strategy, "segments", record.segment, get_language() or "zh-hans")

    def render_overdue_minor(self, record: Case) -> str:
        return showing.amount(record.overdue_minor, record.currency) if record.overdue_minor else "–"

    def render_due_minor(self, record: Case) -> str:
        return showing.amount(record.due_minor, record.currency) if record.due_minor else "–"

    def render_next_due(self, value: Any) -> str:
        return value.isoformat()

    def render_last_contact_at(self, value: Any) -> str:
        return showing.moment(value)


class CaseFilter(django_filters.FilterSet):
    """What one may look for by; names and phones are for the search, which leaves no trace in addresses."""

    status = django_filters.ChoiceFilter(choices=Case.Status.choices, label=_("Status"), empty_label=_("All"))
    phase = django_filters.ChoiceFilter(choices=Phase.choices, label=_("Phase"), empty_label=_("All"))
    segment = django_filters.ChoiceFilter(label=_("Segment"), empty_label=_("All"))
    bucket = django_filters.ChoiceFilter(
        choices=[(b, b) for b in words.BUCKETS], label=_("Bucket"), empty_label=_("All")
    )
    assignee = django_filters.ChoiceFilter(
        label=_("Works on it"), empty_label=_("All"), null_label=_("Nobody"), null_value="none"
    )
    store = django_filters.ModelChoiceFilter(
        queryset=Store.objects.order_by("name", "code"), label=_("Store"), empty_label=_("All")
    )
    agency = django_filters.ChoiceFilter(label=_("With the agency"), empty_label=_("All"), method="placed_with")
    late_from = django_filters.NumberFilter(
        field_name="dpd", lookup_expr="gte", label=_("Days late from"), min_value=0, max_value=99_999
    )
    late_to = django_filters.NumberFilter(
        field_name="dpd", lookup_expr="lte", label=_("to"), min_value=0, max_value=99_999
    )

    class Meta:
        model = Case
        fields: list[str] = []

    def __init__(self, data: Any, queryset: QuerySet[Case], user: User, strategy: str):
        super().__init__(data, queryset)
        self.filters["segment"].extra["choices"] = words.strategy_labels(
            strategy, "segments", get_language() or "zh-hans"
        )
        agencies = list(Agency.objects.order_by("name", "code").values_list("code", "name"))
        self.filters["agency"].extra["choices"] = agencies
        if not agencies:
            del self.filters["agency"]
        if user.role in (Role.REP, Role.STORE_MANAGER):
            del self.filters["store"]
            colleagues = User.objects.filter(store_id=user.store_id, is_active=True).order_by("full_name", "username")
            self.filters["assignee"].extra["choices"] = [(str(u.pk), str(u)) for u in colleagues]
        else:
            self.filters["assignee"].extra["choices"] = []

    def placed_with(self, cases: QuerySet[Case], name: str, code: str) -> QuerySet[Case]:
        return cases.filter(customer__placements__agency__code=code, customer__placements__ended_at=None)


class PromiseTable(django_tables2.Table):
    customer = django_tables2.Column(_("Customer"), accessor="case", order_by=("case__customer__name", "id"))
    amount_minor = django_tables2.Column(_("Promised amount"), attrs=_NUMBER)
    paid_minor = django_tables2.Column(_("Came in"), attrs=_NUMBER)
    made_on = django_tables2.Column(_("Made on"))
    due_on = django_tables2.Column(_("Due date"))
    state = django_tables2.Column(_("State"))
    staff = django_tables2.Column(_("Taken by"), order_by=("staff__full_name", "id"))
    store = django_tables2.Column(_("Store"), accessor="case__store", order_by=("case__store__name", "id"))

    class Meta:
        attrs = {"class": "wide"}
        order_by = ("due_on",)

    def render_customer(self, record: Promise) -> str:
        return open_link(record.case_id, record.case.customer.name, record.case.customer.customer_id)

    def render_amount_minor(self, record: Promise) -> str:
        return showing.amount(record.amount_minor, record.currency)

    def render_paid_minor(self, record: Promise) -> str:
        return showing.amount(record.paid_minor, record.currency) if record.paid_minor else "–"

    def render_made_on(self, value: Any) -> str:
        return value.isoformat()

    def render_due_on(self, value: Any) -> str:
        return value.isoformat()

    def render_state(self, record: Promise) -> str:
        tone = {"kept": "good", "broken": "bad", "part_kept": "warn", "open": "info"}.get(record.state, "")
        return format_html('<span class="tag {}">{}</span>', tone, record.get_state_display())  # type: ignore[attr-defined]


class LetterTable(django_tables2.Table):
    number = django_tables2.Column(_("Letter no."))
    customer = django_tables2.Column(_("Customer"), accessor="case", order_by=("case__customer__name", "id"))
    template = django_tables2.Column(_("What it says"))
    made_at = django_tables2.Column(_("Written on"))
    state = django_tables2.Column(_("State"))

    class Meta:
        attrs = {"class": "wide"}
        order_by = ("-made_at",)

    def __init__(self, *given: Any, may_open: bool, **more: Any):
        super().__init__(*given, **more)
        self.may_open = may_open

    def render_number(self, record: Letter) -> str:
        if not self.may_open:
            return record.number
        return format_html('<a href="{}">{}</a>', reverse("letter", args=[record.pk]), record.number)

    def render_customer(self, record: Letter) -> str:
        return open_link(record.case_id, record.case.customer.name, record.case.customer.customer_id)

    def render_template(self, value: str) -> str:
        return words.word(words.LETTERS, value)

    def render_made_at(self, value: Any) -> str:
        return showing.moment(value)


class LetterFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=Letter.State.choices, label=_("State"), empty_label=_("All"))

    class Meta:
        model = Letter
        fields: list[str] = []


class QuoteTable(django_tables2.Table):
    loan_number = django_tables2.Column(_("Loan"))
    customer = django_tables2.Column(_("Customer"), accessor="case", order_by=("case__customer__name", "id"))
    total_minor = django_tables2.Column(pgettext_lazy("of a quote", "To pay"), attrs=_NUMBER)
    pay_by = django_tables2.Column(_("Pay by"))
    state = django_tables2.Column(_("State"))
    made_by = django_tables2.Column(_("Worked out by"), order_by=("made_by__full_name", "id"))
    instruction = django_tables2.Column(_("Instruction"), accessor="instruction__number", default="–")

    class Meta:
        attrs = {"class": "wide"}
        order_by = ("pay_by",)

    def render_loan_number(self, record: Quote) -> SafeString:
        return format_html('<a class="strong" href="{}">{}</a>', reverse("quote", args=[record.pk]), record.loan_number)

    def render_customer(self, record: Quote) -> str:
        return open_link(record.case_id, record.case.customer.name, record.case.customer.customer_id)

    def render_total_minor(self, record: Quote) -> str:
        return showing.amount(record.total_minor, record.currency)


class QuoteFilter(django_filters.FilterSet):
    which = django_filters.ChoiceFilter(
        choices=(("live", _("Live")), *Quote.State.choices), label=_("State"), empty_label=_("All"), method="choose"
    )

    class Meta:
        model = Quote
        fields: list[str] = []

    def choose(self, found: QuerySet[Quote], name: str, which: str) -> QuerySet[Quote]:
        return found.filter(state__in=states.LIVE) if which == "live" else found.filter(state=which)


class PromiseFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=Promise.State.choices, label=_("State"), empty_label=_("All"))
    due_from = django_filters.DateFilter(
        field_name="due_on", lookup_expr="gte", label=_("Due from"), widget=forms.DateInput({"type": "date"})
    )
    due_to = django_filters.DateFilter(
        field_name="due_on", lookup_expr="lte", label=_("to"), widget=forms.DateInput({"type": "date"})
    )

    class Meta:
        model = Promise
        fields: list[str] = []
