"""The form for an address or employer that was told: what does not fit stays typed; the case shows it masked."""

from __future__ import annotations

import pytest

from shouyue.casework.models import ToldDetail
from tests import factories

pytestmark = pytest.mark.django_db
SENT = {"what": "address", "value": "虚构巷 7 号 <b>", "source": "records", "reference": "A-1", "letters": "1"}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_rep_writes_an_address_down(desk, as_user, language):
    type(desk.rep).objects.update(language=language)
    rep, address, case = as_user(desk.rep), f"/cases/{desk.case.pk}/details/new", f"/cases/{desk.case.pk}/"
    refused = rep.post(address, SENT | {"source": "contact"})
    assert refused.status_code == 422 and "虚构巷 7 号 &lt;b&gt;" in refused.content.decode()
    assert rep.post(address, SENT).status_code == 302
    page = rep.get(case).content.decode()
    assert "虚构****" in page and "虚构巷" not in page and "苏州****" in page, "beside the lender's"
    assert "虚构****" in rep.get(address).content.decode()
    shown = rep.post(f"{case}reveal/told_address", {"reason": "call"}).content.decode()
    assert "虚构巷 7 号 &lt;b&gt;" in shown
    letters = rep.get(f"{case}letters").content.decode()
    assert "虚构****" in letters and "虚构巷" not in letters
    visit = factories.visit(desk.case, desk.rep, desk.colleague)
    assert "虚构****" in rep.get(f"/visits/{visit.pk}/").content.decode()


def test_another_stores_case_takes_no_address(desk, as_user):
    assert as_user(desk.stranger).post(f"/cases/{desk.case.pk}/details/new", SENT).status_code == 404
    assert not ToldDetail.objects.exists()
