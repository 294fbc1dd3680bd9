"""The values of every rule and every fact have words in both languages, so that a lawyer reads no code."""

from datetime import UTC, datetime

import pytest
from django.utils import translation

from shouyue.compliance import pack
from shouyue.compliance.kinds import KINDS, UNJUDGED
from shouyue.web import rule_words, words

JUDGED = {name: kind for name, kind in KINDS.items() if name not in UNJUDGED}


@pytest.mark.parametrize("name", pack.shipped())
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_value_of_a_shipped_pack_is_said_without_the_names_of_the_file(name, language):
    with translation.override(language):
        for rule in pack.load(name).rules:
            if rule.kind in UNJUDGED:
                continue
            for value in rule.values:
                said = rule_words.value(rule.kind, value.params)
                assert said or rule.kind == "notice", rule.id
                assert "_" not in said and "[" not in said, (rule.id, said)
            for lifting in (*rule.unless, *rule.press):
                assert rule_words.fact(lifting) != lifting


def test_whatever_a_kind_of_rule_may_say_has_words():
    said = {"from", "to", "any_of", *rule_words.SAYS}
    for name, kind in JUDGED.items():
        assert {*kind.params, *kind.optional} <= said, name


def test_a_rule_is_said_in_full():
    count = {"of": ["unanswered", "open"], "per": "number", "days": 7, "max": 6, "except": ["asked_for"]}
    with translation.override("en"):
        assert rule_words.value("quiet_hours", {"from": "21:00", "to": "08:00", "places": "all"}) == (
            "21:00–08:00; wherever the person may be"
        )
        assert rule_words.value("count", count) == (
            "counted: unanswered, not logged; not counted: the person asked for this contact; per number; "
            "within 7 days; at most 6"
        )
        assert rule_words.value("never_when", {"any_of": ["not consent", "contact_refused"]}) == (
            "never where: known not to hold: the contact agreed to be contacted, the contact refused"
        )
        assert rule_words.value("only_when", {"any_of": ["recorded_line"], "missing": "unknown"}) == (
            "only where: the line is recorded; not judged where it is not known"
        )
        lapse = {"fact": "prior_consent", "days": 7, "after": ["conversation", "open"], "direct": True}
        assert rule_words.value("lapses", lapse) == (
            "ends with: conversation, not logged; the person consented beforehand; within 7 days; "
            "good for the one alone to whom it was given"
        )
    with translation.override("zh-hans"):
        said = "计入：无人接听、未登记；不计入：对方要求的联系；按号码；7 天内；上限 6 次"
        assert rule_words.value("count", count) == said


def test_facts_are_told_as_yes_no_not_known_day_and_moment(settings):
    with translation.override("en"):
        told = [rule_words.told(was) for was in (True, False, None, 3, "2026-09-09")]
        assert told == ["yes", "no", "–", "3", "2026-09-09"]
        moment = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)  # half past midnight of the next day in Shanghai
        assert rule_words.told(moment.isoformat()) == "2026-11-25 00:30"
        assert rule_words.fact("matter_dispute") == "open matter: Dispute"
        assert rule_words.fact("in_prison") == "in_prison"  # a lender's own
        assert rule_words.fact("matter_open") == words.word(words.RULE_FACTS, "matter_open")
