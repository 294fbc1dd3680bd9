"""axe finds nothing serious on any page: light and dark, in both languages, on a desk and on a phone."""

from __future__ import annotations

from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe

from shouyue import strategy
from shouyue.casework import calls, handover, notes, visits
from shouyue.casework.agencies import managing
from shouyue.casework.matters import working
from shouyue.casework.outcome import Outcome
from shouyue.casework.scripts.choosing import shipped
from shouyue.compliance import wishes
from shouyue.releases import drafting, reviewing
from tests import factories, published, stated
from tests.web.test_experiments import result

from .conftest import sign_in

pytestmark = pytest.mark.browser
TEXT = strategy.load("standard").text
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


@pytest.fixture
def pages(desk, tmp_path, monkeypatch) -> dict[str, list[str]]:
    contact = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
    assert contact is not None
    due = Outcome(reached="self", result="promise", promise_minor=50_000, promise_due=factories.TODAY, note="n")
    calls.finish(contact.pk, desk.rep, due)
    notes.add(desk.case.pk, "a note", desk.rep, uuid4())
    extra = factories.case(desk.store, desk.rep, 8, vulnerable=True)
    handover.hand_over(extra.pk, desk.colleague.pk, desk.manager, "away", "", uuid4())
    calls.start(desk.reminder.pk, desk.number(case=desk.reminder).pk, desk.rep, uuid4())
    wrong = TEXT.replace("[1..7] ", "[1..x] ", 1)
    for seen, text in enumerate((TEXT, TEXT.replace("黄金周优先", "黄金周"), wrong)):
        drafting.save("strategy", "standard", text, desk.head, seen, seen or None)
    reviewing.propose("strategy", "standard", 1, desk.head)
    said = shipped()["hardship"]
    for seen, text in enumerate((said, said.replace("{staff}", "{phone}"))):
        drafting.save("script", "hardship", text, desk.head, seen, seen or None)
    reviewing.propose("script", "hardship", 1, desk.head)
    result("hold_out", 0.04, 0.1)
    told = working.Evidence(note="n", reference="ARC-1")
    matter = working.open_matter(extra.pk, "hardship", told, desk.rep, uuid4())
    plan = factories.plan(desk.case, desk.rep)
    waiver = factories.waiver(desk.case, desk.rep)
    monkeypatch.setenv("SHOUYUE_BOOKS", str(tmp_path))
    factories.more_loans(desk.reminder, "SY-B")
    published.publish(tmp_path)
    together = factories.quotes(desk.reminder, desk.rep)[0].together
    quote = factories.quote(desk.case, desk.rep)
    factories.interview(desk.case, desk.rep)
    factories.interview(desk.case, desk.rep, pay_day=["16"], seen=1)
    planned = factories.visit(factories.case(desk.store, desk.rep, 9), desk.rep, desk.colleague)
    begun = factories.visit(factories.case(desk.store, desk.rep, 10), desk.rep, desk.colleague)
    visits.begin(begun.pk, desk.rep, uuid4())
    wishes.write(uuid4(), "represented", person=desk.case.customer.person_id, evidence="call")
    managing.add("north", "north", desk.admin)
    managing.new_token("north", desk.admin)
    case, promise = f"/cases/{desk.case.pk}/", desk.case.promises.get()
    stated.reconciled(tmp_path)
    return {
        "rep": [
            *("/", "/?phase=reminder&work=waiting", case, f"/cases/{desk.reminder.pk}/", f"{case}hand-over"),
            *(f"{case}reveal/address", "/cases/", "/promises/", "/handovers/", "/password", "/second-factor"),
            *("/cases/999/", "/audit/", f"/promises/{promise.pk}/cancel", f"{case}matters/new"),
            f"/customers/{desk.case.customer_id}/",
            f"{case}inbound",
            f"{case}visits/new",
            f"{case}numbers/new",
            f"{case}details/new",
            f"{case}numbers/{desk.number().pk}",
            f"{case}numbers/{desk.number().pk}/correct",
            *(f"/visits/{planned.pk}/", f"/visits/{begun.pk}/"),
            f"/customers/{desk.case.customer_id}/wishes/new",
            f"/customers/{desk.case.customer_id}/interview/",
            f"/customers/{desk.case.customer_id}/interview/edit",
            *(f"{case}plans/new", f"/plans/{plan.pk}/", "/plans/"),
            *(
                f"{case}lost-contact",
                "/lost-contact/",
                f"{case}concessions/new",
                f"/concessions/{waiver.pk}/",
                "/concessions/",
                f"{case}quotes/new",
                f"/quotes/{quote.pk}/",
                f"/quotes/together/{together}/",
                f"/cases/{desk.reminder.pk}/quotes/new",
                "/quotes/",
            ),
        ],
        "manager": [
            *(f"/concessions/{waiver.pk}/", "/matters/", f"/matters/{matter.pk}/", f"/cases/{extra.pk}/arrangements"),
            *("/today/", "/today/due/", "/late-reasons/?by=stage", "/cases/?status=open", "/examinations/"),
            f"{case}guarantors/{desk.number('guarantor').pk}",
        ],
        "head": [
            "/reconciliation/",
            f"{case}end",
            *(
                "/scripts/",
                "/scripts/hardship/",
                "/scripts/hardship/0/",
                "/scripts/hardship/1/",
                "/scripts/hardship/2/",
            ),
            *("/scripts/hardship/2/edit", "/scripts/hardship/2/compare?against=0"),
            "/agencies/",
            "/core/",
            "/interviews/",
            *("/today/", "/strategies/", "/strategies/standard/", "/strategies/standard/1/", "/strategies/standard/3/"),
            *("/strategies/standard/3/compare?against=0", "/strategies/standard/3/edit?part=stage"),
            *(
                "/strategies/standard/3/edit?part==numbers",
                "/strategies/standard/3/edit?part==text",
                "/trials/",
                "/experiments/",
            ),
        ],
        "auditor": ["/audit/", f"/contacts/{contact.pk}/", f"/decisions/{contact.attempt.decision_id}/"],
        "admin": ["/people/", "/people/permissions", "/agencies/", "/api/agency/docs"],
    }


def serious(page, where: str) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{where}: {v['id']} ({v['impact']}) {n['target']} {n['any'][0]['message'] if n['any'] else ''}"
        for v in found
        if v["impact"] in ("serious", "critical", "moderate")
        for n in v["nodes"][:3]
    ]


@pytest.mark.parametrize(
    ("scheme", "width", "language"),
    [("light", 1440, "zh-hans"), ("dark", 1440, "en"), ("light", 390, "en"), ("dark", 390, "zh-hans")],
)
def test_axe_finds_nothing_serious(pages, browser, live_server, scheme, width, language):
    factories.User.objects.update(language=language)
    faults: list[str] = []
    for name, paths in pages.items():
        context = browser.new_context(
            base_url=live_server.url, color_scheme=scheme, viewport={"width": width, "height": 844}
        )
        page = context.new_page()
        page.goto("/sign-in")
        faults += serious(page, f"sign-in {scheme}")
        sign_in(page, name)
        for path in paths:
            page.goto(path)
            faults += serious(page, f"{path} {scheme} {width}")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{path} is wider than the screen of {width} by {wide}"
        if name == "rep":
            page.goto("/")
            page.keyboard.press("?")
            faults += serious(page, "keys")
        context.close()
    assert not faults, "\n".join(sorted(set(faults)))
