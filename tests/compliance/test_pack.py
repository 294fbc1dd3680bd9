"""Packs are checked when they are read, and a lender's own may only tighten."""

from __future__ import annotations

import copy
from datetime import date, datetime, timedelta

import pytest

from shouyue.base.errors import ShouyueError
from shouyue.compliance import pack, rules
from shouyue.compliance.inputs import Inputs, Past
from shouyue.compliance.rule import SEVERITIES

AFTERNOON = datetime.fromisoformat("2026-11-24T14:00:00+08:00")
BASE = pack.whole(pack.read(pack.FOLDER / "cn.toml"))


def house(*rules_: dict, **more) -> dict:
    return {
        "id": "acme",
        "version": "3",
        "base": "cn",
        "documents": {"own": {"zh": "本机构制度", "en": "our own rule"}},
        "rule": list(rules_),
        **more,
    }


def stricter(tightens: str, severity: str | None = None, valid_from=date(2026, 1, 1), **value) -> dict:
    values = [{"valid_from": valid_from, "source": [{"document": "own"}], **value}]
    return {
        "id": f"acme-{tightens}",
        "tightens": tightens,
        "value": values,
        **({"severity": severity} if severity else {}),
    }


def ask(by, at=AFTERNOON, **more) -> rules.Answer:
    return rules.decide(by, Inputs(at, "Asia/Shanghai", "call", "collection", has_number=True, staff_id=1, **more))


@pytest.mark.parametrize("name", pack.shipped())
def test_a_shipped_pack_gives_for_each_rule_its_source_and_evidence_in_both_languages(name):
    shipped = pack.load(name)
    assert shipped.rules
    for rule in shipped.rules:
        assert rule.zh and rule.en and rule.severity in SEVERITIES
        assert rule.evidence in ("text", "press", "house")
        assert all(v.source_zh and v.source_en and v.valid_from for v in rule.values)
        assert (rule.kind == "conduct") == all(rule.enforced_by)


SUMMARY_EN, SUMMARY_ZH = "by a published summary, its text not read", "仅据公开摘要，未读原文"


@pytest.mark.parametrize("name", pack.shipped())
def test_what_is_known_by_a_summary_alone_is_never_cited_as_if_its_text_was_read(name):
    for rule in pack.load(name).rules:
        for value in rule.values:
            assert value.source_en.endswith(SUMMARY_EN) is (rule.evidence == "press"), rule.id
            assert value.source_zh.endswith(SUMMARY_ZH) is (rule.evidence == "press"), rule.id


def test_a_refusal_by_a_summary_says_so_to_whoever_asked():
    summed_up = house(stricter("channel-refused", any_of=["channel_refused"]) | {"evidence": "press"})
    by = pack.build(BASE, pack.whole(summed_up))
    found = ask(by, facts={"channel_refused": True})
    assert [f.rule for f in found.refusals] == ["channel-refused", "acme-channel-refused"]
    assert f"(our own rule, {SUMMARY_EN})" in found.words("en")
    assert SUMMARY_ZH in found.words("zh")
    assert SUMMARY_EN not in ask(by, at=AFTERNOON + timedelta(hours=9)).words("en")  # the hours: their text was read


def test_a_pack_that_was_kept_before_cites_as_it_did():
    """What is kept with an old decision has no mark, and the decision comes out word for word."""
    plain = pack.read(pack.FOLDER / "cn.toml")
    kept = pack.build({**plain, "parts": []})
    assert SUMMARY_EN not in kept.rule("lost-contact").values[0].source_en
    assert SUMMARY_EN in pack.load("cn").rule("lost-contact").values[0].source_en


def test_regulation_f_rests_on_its_text():
    by = pack.load("us-reg-f")
    assert {r.id for r in by.rules if r.evidence == "press" or r.press} == set()
    assert all("12 CFR 1006" in v.source_en for r in by.rules if r.evidence == "text" for v in r.values)


def test_exceptions_that_rest_on_a_summary_are_named_and_a_house_does_without_them():
    base = pack.load("us-reg-f")
    strict = {"id": "acme-hours", "tightens": "inconvenient-times", "unless": ["agreed_quiet_hours", "inbound"]}
    value = {"valid_from": "2026-01-01", "source": [{"document": "house"}], "from": "21:00", "to": "08:00"}
    added = {"id": "acme", "version": "1", "base": "us-reg-f", "rule": [{**strict, "value": [value]}]}
    whole = pack.whole(pack.read(pack.FOLDER / "us-reg-f.toml"))
    own = pack.build(whole, added)
    night = {"at": AFTERNOON + timedelta(hours=9), "facts": {"asked_for": True}}
    assert ask(base, **night).allowed
    assert [f.rule for f in ask(own, **night).refusals] == ["acme-hours"]
    named = pack.build(whole, {**added, "rule": [{**strict, "press": ["inbound"], "value": [value]}]})
    assert named.rule("acme-hours").press == ("inbound",)
    with pytest.raises(ShouyueError, match=r"hours\.press"):
        raw = {"id": "hours", "kind": "never", "evidence": "text", "zh": "无", "en": "none", "value": [value]}
        pack.build(BASE | {"rule": [{**raw, "press": ["nobody"]}]})


def test_a_house_may_close_earlier():
    by = pack.build(BASE, house(stricter("quiet-hours", **{"from": "20:00", "to": "09:00"})))
    late = ask(by, at=AFTERNOON + timedelta(hours=6))
    assert [f.rule for f in late.refusals] == ["acme-quiet-hours"]
    assert late.next_allowed_at == datetime.fromisoformat("2026-11-25T09:00:00+08:00")
    assert "20:00 后不得联系" in ask(by).words("zh")
    assert "本机构制度" in late.words("zh") and "our own rule" in late.words("en")
    assert by.name == f"{pack.load('cn').name} + acme 3"


def test_a_house_may_allow_fewer_conversations():
    by = pack.build(BASE, house(stricter("conversations-per-day", max=2)))
    talks = tuple(Past(AFTERNOON - timedelta(hours=i), "call", "conversation", 1) for i in (1, 2))
    assert ask(pack.build(BASE), past=talks).allowed
    assert not ask(by, past=talks).allowed
    assert "已通话 1 次（上限 2 次）" in ask(by, past=talks[:1]).words("zh")


def test_a_house_may_turn_a_warning_into_a_refusal():
    by = pack.build(BASE, house(stricter("promise-hold", severity="block")))
    promised = {"promise_due": "2026-11-26"}
    assert ask(pack.build(BASE), facts=promised).allowed
    refused = ask(by, facts=promised)
    assert refused.next_allowed_at == datetime.fromisoformat("2026-11-27T08:00:00+08:00")


def test_a_house_may_add_a_rule_of_its_own():
    own = {
        "id": "acme-no-visits",
        "kind": "never",
        "evidence": "house",
        "channels": ["visit"],
        "zh": "不上门",
        "en": "no visits",
        "value": [{"valid_from": date(2026, 1, 1), "source": [{"document": "own"}]}],
    }
    by = pack.build(BASE, house(own))
    visit = rules.decide(by, Inputs(AFTERNOON, "Asia/Shanghai", "visit", "collection"))
    assert [f.rule for f in visit.refusals] == ["acme-no-visits"]


@pytest.mark.parametrize(
    "looser",
    [
        stricter("quiet-hours", **{"from": "22:00", "to": "07:00"}),
        stricter("quiet-hours", **{"from": "23:00", "to": "08:00"}),
        stricter("quiet-hours", **{"from": "08:00", "to": "22:00"}),
        stricter("conversations-per-day", max=4),
        stricter("conversations-per-day", of=["conversation"]),
        stricter("attempts-per-number", max=7),
        stricter("attempts-per-number", per="person"),
        stricter("being-called", minutes=5),
        stricter(
            "third-person-last", any_of=["borrower_unreachable", "borrower_dead", "borrower_incapable", "in_a_hurry"]
        ),
        stricter("third-person-refused", any_of=["wrong_number"]),
        stricter("staff-examined", days=800),
        stricter("quiet-hours", severity="warn"),
        {**stricter("quiet-hours"), "unless": ["agreed_quiet_hours", "manager_says_so"]},
    ],
    ids=lambda rule: rule["tightens"],
)
def test_a_house_may_not_loosen(looser):
    with pytest.raises(ShouyueError, match="GATE-003"):
        pack.build(BASE, house(looser))


@pytest.mark.parametrize("fact", ["channel_refused", "contact_refused", "wrong_number", "represented"])
def test_a_house_may_not_let_lapse_what_somebody_refused(fact):
    ends = {
        "id": "acme-forgets",
        "kind": "lapses",
        "severity": "log",
        "evidence": "house",
        "zh": "拒绝一天后失效",
        "en": "a refusal ends after a day",
        "value": [{"valid_from": date(2026, 1, 1), "source": [{"document": "own"}], "fact": fact, "days": 1}],
    }
    with pytest.raises(ShouyueError, match="GATE-001"):
        pack.build(BASE, house(ends))


LAPSE = {"fact": "prior_consent", "days": 7, "after": ["conversation"], "direct": True}


@pytest.mark.parametrize(
    ("ours", "fits"),
    [
        ({}, True),
        ({"days": 3}, True),
        ({"after": ["conversation", "answered"]}, True),
        ({"days": 8}, False),
        ({"after": []}, False),
        ({"direct": False}, False),
        ({"fact": "consent"}, False),
    ],
)
def test_a_house_may_let_a_consent_end_sooner_and_not_later(ours, fits):
    rule = {"id": "ends", "kind": "lapses", "severity": "log", "evidence": "house", "zh": "失效", "en": "ends"}
    value = {"valid_from": date(2026, 1, 1), "source": [{"document": "house"}]}
    base = BASE | {"rule": [{**rule, "value": [{**value, **LAPSE}]}]}
    tighter = house(
        {"id": "acme-ends", "tightens": "ends", "value": [{**value, "source": [{"document": "own"}], **ours}]}
    )
    if fits:
        assert pack.build(base, tighter).rule("acme-ends").values
    else:
        with pytest.raises(ShouyueError, match=r"GATE-00[13]"):
            pack.build(base, tighter)


def test_a_rule_by_which_nothing_lapses_is_no_rule():
    rule = {"id": "ends", "kind": "lapses", "severity": "log", "evidence": "house", "zh": "失效", "en": "ends"}
    value = {"valid_from": date(2026, 1, 1), "source": [{"document": "house"}], "fact": "prior_consent"}
    with pytest.raises(ShouyueError, match="GATE-001"):
        pack.build(BASE | {"rule": [{**rule, "value": [value]}]})


def test_a_house_value_that_a_later_law_overtakes_is_named():
    base = copy.deepcopy(BASE)
    hours = next(rule for rule in base["rule"] if rule["id"] == "quiet-hours")
    hours["value"].append(
        {"valid_from": date(2027, 1, 1), "source": [{"document": "gbt"}], "from": "20:00", "to": "08:00"}
    )
    ours = stricter("quiet-hours", **{"from": "21:00", "to": "08:00"})
    assert pack.build(BASE, house(ours))
    with pytest.raises(ShouyueError, match="GATE-003"):
        pack.build(base, house(ours))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "telepathy"},
        {"severity": "maybe"},
        {"evidence": "hearsay"},
        {"channels": ["pigeon"]},
        {"value": []},
        {"en": ""},
        {"zh": "{nothing}"},
        {"value": [{"valid_from": "2026-01-01", "source": [{"document": "gbt"}], "from": "22:00"}]},
        {"value": [{"valid_from": "2026-01-01", "source": [{"document": "gbt"}], "from": "22:00", "to": "25:00"}]},
        {"value": [{"valid_from": "2026-01-01", "source": [{"document": "gbt"}], "from": "22:00", "to": "22:00"}]},
        {"value": [{"valid_from": "2026-01-01", "source": [{"document": "nowhere"}], "from": "22:00", "to": "08:00"}]},
        {"value": [{"valid_from": "soon", "source": [{"document": "gbt"}], "from": "22:00", "to": "08:00"}]},
        {"value": [{"valid_from": "2026-01-01", "from": "22:00", "to": "08:00"}]},
        {"id": "conversations-per-day"},
        {"tightens": "nothing"},
    ],
    ids=lambda wrong: f"{next(iter(wrong))}",
)
def test_a_malformed_rule_is_named(wrong):
    base = copy.deepcopy(BASE)
    base["rule"][0].update(wrong)
    with pytest.raises(ShouyueError, match="GATE-001") as caught:
        pack.build(base)
    name = pack.load("cn").name
    assert name in caught.value.zh and name in caught.value.en


def test_a_house_for_another_base_is_refused():
    with pytest.raises(ShouyueError, match="GATE-001"):
        pack.build(BASE, house(base="us-reg-f"))


def test_an_unknown_pack_is_refused():
    with pytest.raises(ShouyueError, match="GATE-002"):
        pack.load("nowhere")


def test_the_same_content_has_the_same_digest_and_another_another():
    assert pack.build(BASE).digest == pack.load("cn").digest
    again = pack.build(pack.load("cn").content["base"], None)
    assert again.digest == pack.load("cn").digest and again.rules == pack.load("cn").rules
    assert pack.build(BASE, house(stricter("conversations-per-day", max=2))).digest != pack.load("cn").digest


def test_the_lenders_file_in_the_home_folder_is_in_force(tmp_path, monkeypatch):
    (tmp_path / "house-pack.toml").write_text(
        """
        id = "acme"
        version = "1"
        base = "cn"
        [documents]
        own = { zh = "制度", en = "rule" }
        [[rule]]
        id = "acme-talks"
        tightens = "conversations-per-day"
        [[rule.value]]
        valid_from = 2026-01-01
        source = [{ document = "own" }]
        max = 1
        """
    )
    monkeypatch.setenv("SHOUYUE_HOME", str(tmp_path))
    assert pack.active().name == f"{pack.load('cn').name} + acme 1"
    monkeypatch.setenv("SHOUYUE_HOME", str(tmp_path / "empty"))
    assert pack.active().digest == pack.load("cn").digest
    monkeypatch.setenv("SHOUYUE_PACK", "in-rbi")
    assert pack.active().digest == pack.load("in-rbi").digest


def test_a_file_that_is_no_toml_is_named(tmp_path):
    (tmp_path / "x.toml").write_text("id = ")
    with pytest.raises(ShouyueError, match="GATE-001"):
        pack.read(tmp_path / "x.toml")
