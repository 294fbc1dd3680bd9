"""A lender's own lost_contact.toml: what an older one means, and what is wrong with one."""

from __future__ import annotations

import pytest

from shouyue.base.errors import ShouyueError
from shouyue.casework import lost_terms

SHIPPED = lost_terms.SHIPPED.read_text("utf-8")
OLD = """
[own_address]
zh = "寄信"
en = "Send a letter"
again_days = 30
goes_through = "record"

[own_file]
zh = "查资料"
en = "Look through the file"
again_days = 30
goes_through = "record"

[other_hours]
zh = "换时段"
en = "Other hours"
again_days = 1
goes_through = "call"
"""
OWN = """
[ask_branch]
zh = "向分行核对资料"
en = "Ask the branch for the papers"
again_days = 30
goes_through = "record"
channel = ""
"""


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write a lender's file and read it."""
    caches = (lost_terms.steps, lost_terms.spoken_to_days, lost_terms._tables)

    def clear() -> None:
        for one in caches:
            one.cache_clear()

    def write(text: str) -> None:
        (tmp_path / lost_terms.FILE).write_text(text, "utf-8")
        monkeypatch.setenv("SHOUYUE_HOUSE", str(tmp_path / "house.toml"))
        clear()

    yield write
    monkeypatch.undo()
    clear()


def test_a_file_older_than_channels_asks_the_gate_as_the_shipped_one_does(written):
    written(OLD)
    found = lost_terms.steps()
    assert {id_: step.channel for id_, step in found.items()} == {
        "own_address": "letter",
        "own_file": "",
        "other_hours": "",
    }
    assert all(step.why == lost_terms.WHY for step in found.values())
    assert lost_terms.spoken_to_days() == 30


def test_a_lenders_own_step_and_days_are_read(written):
    written(OLD + OWN + "[no_number]\nspoken_to_days = 0\n")
    assert lost_terms.steps()["ask_branch"].channel == "" and len(lost_terms.steps()) == 4
    assert lost_terms.spoken_to_days() == 0


@pytest.mark.parametrize(
    ("old", "new", "table", "field"),
    [
        ('channel = ""\n', "", "ask_branch", "channel"),
        ('channel = ""', 'channel = "pigeon"', "ask_branch", "channel"),
        ("again_days = 30\n", "", "ask_branch", "again_days"),
        ("again_days = 30", 'again_days = "30"', "ask_branch", "again_days"),
        ("again_days = 30", "again_days = -1", "ask_branch", "again_days"),
        ('zh = "向分行核对资料"\n', "", "ask_branch", "zh"),
        ('"record"', '"hotline"', "ask_branch", "goes_through"),
        ('channel = ""', 'channel = ""\nplace = "village"', "ask_branch", "place"),
        ('channel = ""', 'channel = ""\nwhy = ["owes"]', "ask_branch", "why"),
        ('channel = ""', 'channel = ""\nwhy = []', "ask_branch", "why"),
        ('channel = ""', 'channel = ""\nchanel = "sms"', "ask_branch", "chanel"),
        ("[ask_branch]", "ask_head = 1\n[ask_branch]", "ask_head", "ask_head"),
    ],
)
def test_what_cannot_be_used_is_told_by_file_and_field(written, old, new, table, field):
    assert old in OWN
    written(OWN.replace(old, new, 1))
    with pytest.raises(ShouyueError) as told:
        lost_terms.steps()
    assert told.value.code == "LOST-004"
    for text in (told.value.en, told.value.zh):
        assert lost_terms.FILE in text and f"[{table}]" in text and field in text


@pytest.mark.parametrize(
    ("text", "field"),
    [("", "spoken_to_days"), ("spoken_to_days = 181", "spoken_to_days"), ("days = 3\nspoken_to_days = 3", "days")],
)
def test_days_that_cannot_be_are_told_and_the_steps_stay(written, text, field):
    written(OLD + "[no_number]\n" + text)
    with pytest.raises(ShouyueError) as told:
        lost_terms.spoken_to_days()
    assert (told.value.code, told.value.values["field"]) == ("LOST-004", field)
    assert len(lost_terms.steps()) == 3


def test_what_is_no_toml_is_told(written):
    written("[other_hours\n")
    with pytest.raises(ShouyueError) as told:
        lost_terms.steps()
    assert told.value.code == "LOST-005" and lost_terms.FILE in told.value.en


def test_the_shipped_file_says_everything_itself(written):
    written(SHIPPED)
    assert len(lost_terms.steps()) == SHIPPED.count("\n[") - 1
