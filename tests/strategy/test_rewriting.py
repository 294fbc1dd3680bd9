"""A strategy's text with other content keeps what was not changed."""

from copy import deepcopy
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouyue.strategy import load
from shouyue.strategy.rewriting import content, rewritten, same

from .made import strategy_text

TEXT = '''# top
name = "x" # the name
version = "1"

# ---- numbers
[values]
# why so small
small = { is = 20.00, like = "overdue" }   # yuan
week  = { is = 7,     like = "dpd" }

# ---- first
[[table]]
id = "a"
rows = """
row | b => c
# the cell
x   | 1 => 2
"""
# ---- second
[[table]]
id = "b"
rows = \'\'\'
row | c => d
\'\'\'

# ---- tests
[[test]]
name = "t"
given = { dpd = 3 }
# the end
'''


def changed(**steps) -> str:
    new = content(TEXT)
    for change in steps.values():
        change(new)
    return rewritten(TEXT, new)


def test_the_same_content_is_the_same_text():
    assert rewritten(TEXT, content(TEXT)) == TEXT
    standard = load("standard").text
    assert rewritten(standard, content(standard)) == standard


def test_a_changed_number_keeps_the_comments_around_it():
    text = changed(a=lambda n: n["values"]["small"].update({"is": Decimal("30.00")}))
    line = 'small = { is = 30.00, like = "overdue" }   # yuan'
    assert text == TEXT.replace('small = { is = 20.00, like = "overdue" }   # yuan', line)


def test_changed_rows_leave_all_else_alone():
    text = changed(a=lambda n: n["table"][1].update({"rows": "row | c => e\n"}))
    assert text == TEXT.replace("row | c => d", "row | c => e")


def test_a_removed_table_takes_its_own_comment_along():
    text = changed(a=lambda n: n["table"].pop(0))
    assert "# ---- first" not in text
    assert "# ---- second" in text
    assert "# ---- numbers" in text


def test_tables_may_change_places():
    text = changed(a=lambda n: n["table"].reverse())
    assert [t["id"] for t in content(text)["table"]] == ["b", "a"]
    assert text.index("# ---- second") < text.index("# ---- first") < text.index("# ---- tests")
    assert text.endswith("# the end\n")


def test_new_keys_sections_and_tests_find_their_place():
    new = content(TEXT)
    new["valid_from"] = date(2026, 1, 1)
    new["segments"] = {"all": {"zh": "全部", "en": 'so-called "all"'}}
    new["test"].append({"name": "第二", "given": {}, "expect": {"phase": "none", "hold": True}})
    text = rewritten(TEXT, new)
    assert same(content(text), new)
    assert text.startswith('# top\nname = "x" # the name\nversion = "1"\nvalid_from = 2026-01-01\n')
    assert text.index("[values]") < text.index("[segments]") < text.index("[[table]]")


def test_a_text_is_made_from_nothing():
    new = content(strategy_text())
    assert same(content(rewritten("", new)), new)


def test_an_unusual_form_is_written_anew():
    text = "[values.small]\nis = 1\nlike = 'dpd'\n[x]\na.b = 1\n"
    new = content(text)
    new["values"]["small"]["is"] = 2
    assert same(content(rewritten(text, new)), new)


@pytest.mark.parametrize("text", ["'''", "a\n'''\nb", "a\nb'", "\x7f\t\n", "\\ \" '", "\r\n", "\u2028"])
def test_any_text_is_written_so_that_it_reads_back(text):
    assert content(rewritten("", {"name": text})) == {"name": text}


VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.text(st.characters(blacklist_categories=["Cs"]), max_size=8),
        st.dates(date(1900, 1, 1)),
        st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=4), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_is_changed_is_what_is_read(data):
    new = deepcopy(content(TEXT))
    for _ in range(data.draw(st.integers(1, 3))):
        where = data.draw(st.sampled_from([new, new["values"], *new["table"], *new["test"]]))
        keys = [k for k in where if k not in ("table", "values", "test", "id")]
        key = data.draw(st.sampled_from([*keys, "other", "第 二"]))
        if data.draw(st.booleans()):
            where[key] = data.draw(VALUES)
        else:
            where.pop(key, None)
    assert same(content(rewritten(TEXT, new)), new)


UNUSUAL = TEXT.replace(
    "# ---- second",
    """[table.default]
c = "none" # where nothing is met

# ---- second""",
)


def test_in_a_text_of_unusual_form_a_text_is_changed_where_it_stands():
    new = content(UNUSUAL)
    new["table"][0]["rows"] = new["table"][0]["rows"].replace("x   | 1", "x   | 7")
    new["table"][0]["default"]["c"] = "some"
    written = rewritten(UNUSUAL, new)
    assert same(content(written), new)
    here, there = UNUSUAL.splitlines(), written.splitlines()
    assert len(here) == len(there)
    assert [b for a, b in zip(here, there, strict=True) if a != b] == [
        "rows = '''", "x   | 7 => 2", "'''", 'c = "some" # where nothing is met',
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["t", "none"])
def test_what_cannot_be_changed_where_it_stands_still_says_what_it_should(name):
    new = content(UNUSUAL.replace('"t"', '"none"') if name == "none" else UNUSUAL)
    text = UNUSUAL.replace('"t"', '"none"') if name == "none" else UNUSUAL
    new["test"][0]["name"] = "another"
    new["test"][0]["given"]["dpd"] = 4
    assert same(content(rewritten(text, new)), new)
    del new["table"][0]["default"]
    assert same(content(rewritten(text, new)), new)


def test_line_ends_of_windows_cost_no_comment():
    new = content(TEXT)
    new["version"] = "2"
    assert rewritten(TEXT.replace("\n", "\r\n"), new) == rewritten(TEXT, new) == TEXT.replace('"1"', '"2"', 1)
