"""What a reason for being late suggests: as data of the house, for every reason, in words that may be said."""

from __future__ import annotations

from datetime import date

import pytest

from shouyue.casework import reasons
from shouyue.casework.models import Contact
from shouyue.compliance import pack, wording


@pytest.fixture
def house(tmp_path, monkeypatch):
    """Write a house's own reasons."""

    def written(text: str) -> None:
        (tmp_path / "reasons.toml").write_text(text, encoding="utf-8")
        monkeypatch.setenv("SHOUYUE_HOUSE", str(tmp_path / "house.toml"))
        reasons.advice.cache_clear()

    yield written
    reasons.advice.cache_clear()


def test_each_reason_has_advice_in_both_languages_that_the_rules_let_pass():
    assert set(reasons.advice()) == set(Contact.WhyLate.values)
    for one in reasons.advice().values():
        assert one.zh and one.en and one.text("zh-hans") == one.zh and one.text("en") == one.en
        for text in (one.zh, one.en):
            assert not wording.check(pack.load("cn"), text, "note", "self", date(2026, 11, 24))


def test_a_house_has_its_own_and_may_leave_reasons_without(house):
    house('[habit]\nzh = "提前提醒"\nen = "Remind early"\nnext = ["visit"]\n')
    assert {key: one.next for key, one in reasons.advice().items()} == {"habit": ("visit",)}


@pytest.mark.parametrize("text", ['[lazy]\nzh = "a"\nen = "a"', '[habit]\nzh = "a"\nen = "a"\nnext = ["threaten"]'])
def test_what_is_no_reason_or_step_is_refused(house, text):
    house(text)
    with pytest.raises(ValueError, match=r"reasons\.toml: (lazy|habit)"):
        reasons.advice()
