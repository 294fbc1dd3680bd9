"""A customer's file: his loans, the people around him, what he wished, and what is left of the contact budget."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from shouyue.base import clock
from shouyue.casework.customers import customer_page
from shouyue.casework.interviews import feeding
from shouyue.people.permissions import can
from shouyue.web import customer_file, interview_words, telling, whom
from shouyue.web.frame import DeskRequest, today


@require_GET
def customer(request: DeskRequest, customer_id: int) -> HttpResponse:
    """Who may see one of the person's cases may see the file, as far as his cases reach."""
    user, day = request.user, today(request)
    page = customer_page(customer_id, user, clock.now())
    found = page.customer
    return render(
        request,
        "desk/customer.html",
        {
            "customer": found,
            "name": found.name or found.customer_id,
            "case": page.case,
            "facts": customer_file.facts(page, day),
            "masked": customer_file.masked(page),
            "contacted": telling.tell(page.contacted, page.case.strategy),
            "paid": telling.tell(page.paid, page.case.strategy),
            "placed": whom.placed(page.placement),
            "habits": whom.habits(page.loans, page.interview),
            "paying": customer_file.paying(page),
            "interview": interview_words.version(page.interview) if page.interview else None,
            "said": interview_words.told(page.interview, [p.point for p in page.people]) if page.interview else [],
            "offers": [interview_words.offer(one) for one in feeding.offers(page.interview, page.wishes)],
            "gauges": [customer_file.gauge(one) for one in page.gauges],
            "ways": [whom.way(answer) for answer in page.ways],
            "loans": [customer_file.loan(one, page) for one in page.loans],
            "people": [customer_file.around(one, page) for one in page.people],
            "cases": page.cases,
            "wishes": [customer_file.wish(one) for one in page.wishes],
            "matters": [customer_file.matter(one) for one in page.matters],
            "elsewhere": page.elsewhere,
            "may_work": can(user, "case.work"),
            "may_reveal": can(user, "personal.reveal"),
        },
    )
