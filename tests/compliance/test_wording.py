"""Words that may not be written, found however they are spelled, and innocent words let pass."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from shouyue.compliance import pack, wording

DAY = date(2026, 11, 24)


def hits(text: str, use: str = "message", relation: str = "self", name: str = "cn") -> dict[str, str]:
    return {hit.rule: hit.severity for hit in wording.check(pack.load(name), text, use, relation, DAY)}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("再不还就让你坐牢", "words-threats"),
        ("再不还就让你坐 牢", "words-threats"),
        ("再不还就让你坐*牢", "words-threats"),
        ("再不还就让你坐\u200b牢", "words-threats"),
        ("再不还就让你坐——牢", "words-threats"),
        ("再不還就讓你坐牢，報警抓你", "words-threats"),
        ("再不还就让你坐_牢", "words-threats"),
        ("再不还就让你坐 * * * 牢", "words-threats"),
        ("再不还就让你坐\u3164牢", "words-threats"),
        ("再不还就让你坐\u20dd牢", "words-threats"),
        ("我們會爆通訊錄", "words-spreading"),
        ("你這個老賴", "words-abuse"),
        ("您已進入黑名單", "words-false-consequences"),
        ("請加我 WeChat 還款", "words-private-dealing"),
        ("You will go to JAIL", "words-threats"),
        ("You will go to j\u0430il", "words-threats"),
        ("You will go to j\u00e1\u00eel", "words-threats"),
        ("You will go to \u1d0a\u1d00\u026a\u029f", "words-threats"),
        ("You will go to j_a_i_l", "words-threats"),
        ("You will go to j. a. i. l.", "words-threats"),
        ("pay, or_else", "words-threats"),
        ("You will go to ｊａｉｌ", "words-threats"),
        ("You will go to j.a.i.l", "words-threats"),
        ("You will go to j a i l", "words-threats"),
        ("There is a warrant\u00ad for you", "words-threats"),
        ("我们这里是朝阳区法院", "words-posing"),
        ("This is the police.", "words-posing"),
        ("您已进入黑名单", "words-false-consequences"),
        ("会影响子女上学", "words-false-consequences"),
        ("我们会爆通讯录", "words-spreading"),
        ("we will tell your employer", "words-spreading"),
        ("你这个老赖", "words-abuse"),
        ("you deadbeat", "words-abuse"),
        ("可以先去别的平台借", "words-fees-and-loans"),
        ("请加我微信还款", "words-private-dealing"),
    ],
)
@pytest.mark.parametrize("name", pack.shipped())
def test_what_may_not_be_written_is_blocked_however_it_is_spelled(text, rule, name):
    assert hits(text, name=name).get(rule) == "block"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("让你座牢", "words-threats"),
        ("让你坐劳", "words-threats"),
        ("让你坐\n牢", "words-threats"),
        ("让你坐1牢", "words-threats"),
        ("让你座*牢", "words-threats"),
        ("再不还就让你 zuo lao", "words-threats"),
        ("再不还就让你ZuòLáo", "words-threats"),
        ("让你坐lao", "words-threats"),
        ("你个lao赖", "words-abuse"),
        ("加我vx", "words-private-dealing"),
        ("爆通迅录", "words-spreading"),
        ("暴通讯录", "words-spreading"),
        ("you will go to ja1l", "words-threats"),
        ("you will be @rrested", "words-threats"),
        ("草你妈", "words-abuse"),
        ("加我薇信", "words-private-dealing"),
    ],
)
def test_what_looks_or_sounds_alike_warns(text, rule):
    assert hits(text).get(rule) == "warn"
    (hit,) = wording.check(pack.load("cn"), text, "message", "self", DAY)
    assert hit.alike and "音近" in hit.text("zh") and "by look or sound" in hit.text("en")


@pytest.mark.parametrize(
    "text",
    [
        "您好，您本月应还 1,234.56 元，请于 11 月 26 日前存入尾号 2007 的账户。",
        "客户周四发工资，答应 26 日还 500 元",
        "请坐，老人家身体还好吗",
        "他在做劳务派遣",
        "客户在法院工作",
        "gun dealer, lao people, he is a manager",
        "Он обещал заплатить в пятницу",
        "客戶說下週五發工資，答應還款",
        "住院，孩子上小学",
        "The borrower said he would pay on Friday; his wife is a prison officer's cousin"[:45],
        "He works at the arrestor factory; issue resolved",
        "Please pay CNY 500.00 by 2026-11-26. Call us at any time.",
        "a note",
        "",
    ],
)
@pytest.mark.parametrize("use", wording.USES)
def test_innocent_texts_pass(text, use):
    assert hits(text, use) == {}


@pytest.mark.parametrize(
    "text",
    [
        "请转告他尽快还款",
        "他有一笔贷款",
        "关于他的 500 元",
        "关于他的五百元",
        "麻烦转告，两千多块",
        "請轉告他儘快還款",
        "about his loan",
        "he owes us",
        "¥1,200 due",
        "past-due account",
    ],
)
def test_to_others_no_word_of_debt_and_no_amount(text):
    assert hits(text, "letter", "friend").get("words-debt-to-others") == "block"
    assert "words-debt-to-others" not in hits(text, "letter", "self")
    assert "words-debt-to-others" not in hits(text, "note", "friend"), "what a friend said may be written down"


def test_a_customers_threat_may_be_noted_with_a_reason_but_no_abuse_of_him():
    assert hits("客户说要弄死催收员", "note") == {"words-threats": "warn"}
    assert hits("这人就是个老赖", "note") == {"words-abuse": "block"}


def test_two_clauses_make_no_word_that_nobody_could_let_pass():
    assert hits("客户说他不去，死活不肯说原因", "note") == {"words-abuse": "warn"}


def test_worst_first():
    found = wording.check(pack.load("cn"), "起诉你这个老赖", "letter", "self", DAY)
    assert [hit.severity for hit in found] == ["block", "warn"]


def test_a_house_may_add_words_and_weight_and_take_none_away():
    own = {
        "id": "acme",
        "version": "1",
        "base": "cn",
        "documents": {"own": {"zh": "本机构制度", "en": "our own rule"}},
    }
    base = pack.whole(pack.read(pack.FOLDER / "cn.toml"))
    listed = pack.load("cn").rule("words-court-measures").values[0].params

    def tightened(**value):
        values = [{"valid_from": date(2026, 1, 1), "source": [{"document": "own"}], **value}]
        return {
            **own,
            "rule": [{"id": "acme-words", "tightens": "words-court-measures", "severity": "block", "value": values}],
        }

    by = pack.build(base, tightened(words_zh=[*listed["words_zh"], "仲裁"]))
    found = {hit.rule: hit.severity for hit in wording.check(by, "将申请仲裁", "letter", "self", DAY)}
    assert found == {"acme-words": "block"}
    with pytest.raises(Exception, match="GATE-003"):
        pack.build(base, tightened(words_zh=["仲裁"]))


def test_a_long_text_is_read_at_once():
    text = "客户说下周发工资，" * 220 + "j a" * 300
    assert hits(text) == {}


TEXTS = tomllib.loads((Path(__file__).with_name("texts") / "wording.toml").read_text(encoding="utf-8"))["text"]


@pytest.mark.parametrize("name", pack.shipped())
@pytest.mark.parametrize("case", TEXTS, ids=lambda case: case["name"])
def test_a_text_that_a_lawyer_reads(case, name):
    found = hits(case["text"], case.get("use", "message"), case.get("to", "self"), name)
    expected = {rule: weight for weight in ("block", "warn") for rule in case.get(f"{weight}ed_by", ())}
    assert found == expected
    assert not expected or not case.get("about")


def test_every_rule_about_words_stops_a_text_and_lets_another_pass():
    rules = {rule.id for rule in pack.load("cn").rules if rule.kind == "wording"}
    stopped = {rule for case in TEXTS for weight in ("block", "warn") for rule in case.get(f"{weight}ed_by", ())}
    assert stopped == {rule for case in TEXTS for rule in case.get("about", ())} == rules
