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


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_zone_that_was_told_is_chosen_again_and_shown(desk, as_user, language):
    type(desk.rep).objects.update(language=language)
    rep, address = as_user(desk.rep), f"/cases/{desk.case.pk}/details/new"
    form = rep.get(address).content.decode()
    assert "<option>Asia/Tokyo</option>" in form and "<option>Asia/Shanghai</option>" not in form
    refused = rep.post(address, SENT | {"zone": "Mars/North"})
    assert refused.status_code == 422 and 'id="zone-error"' in refused.content.decode()
    assert rep.post(address, SENT | {"zone": "Asia/Tokyo"}).status_code == 302
    form = rep.get(address).content.decode()
    assert "<option selected>Asia/Tokyo</option>" in form and "· Asia/Tokyo" in form
    for page in (f"/cases/{desk.case.pk}/", f"/customers/{desk.case.customer_id}/"):
        assert "<dd>Asia/Tokyo</dd>" in rep.get(page).content.decode()
