"""Conventions are data: those shipped do what their own examples say, and a slip in a file is refused by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from shouyue.ageing.convention import Convention, load, shipped
from shouyue.ageing.trial import differences
from shouyue.base.errors import ShouyueError

EXAMPLES = [(name, n) for name in shipped() for n in range(len(load(name).examples))]


def test_the_conventions_that_ship_name_their_source():
    assert shipped() == ["apra-aps220", "default", "eba", "fineract", "mba", "ots"]
    for name in shipped():
        convention = load(name)
        assert convention.name == name
        assert convention.source and convention.zh and convention.en and convention.examples


@pytest.mark.parametrize(("name", "place"), EXAMPLES)
def test_worked_example(name, place):
    convention = load(name)
    example = convention.examples[place]
    assert example.checks, example.what
    assert not list(differences(example, convention))


def test_default_buckets_hold_thirty_days_each():
    default = load("default")
    days = [0, 1, 30, 31, 60, 61, 90, 91, 120, 121, 150, 151, 180, 181, 4000]
    labels = ["C", "M1", "M1", "M2", "M2", "M3", "M3", "M4", "M4", "M5", "M5", "M6", "M6", "M7+", "M7+"]
    assert [default.bucket_of(d) for d in days] == labels


def test_unknown_convention_names_those_there_are():
    with pytest.raises(ShouyueError) as told:
        load("fineractt")
    assert told.value.code == "AGE-001"
    assert "fineract" in told.value.en and "default" in told.value.zh


SLIPS = {
    "unknown key": 'name = "x"\n[lateness]\ngrace = 3\n',
    "unknown section": 'name = "x"\n[late]\ngrace_days = 3\n',
    "no name": "[lateness]\ngrace_days = 3\n",
    "grace below zero": 'name = "x"\n[lateness]\ngrace_days = -1\n',
    "grace no number": 'name = "x"\n[lateness]\ngrace_days = "3"\n',
    "grace yes": 'name = "x"\n[lateness]\ngrace_days = true\n',
    "unknown pause mode": 'name = "x"\n[lateness]\npauses = "half"\n',
    "unknown order": 'name = "x"\n[allocation]\ninstalments = "random"\n',
    "order as a list": 'name = "x"\n[allocation]\ninstalments = ["fifo"]\n',
    "part missing": 'name = "x"\n[allocation]\nparts = ["fee", "interest"]\n',
    "parts no list": 'name = "x"\n[allocation]\nparts = 3\n',
    "edges fall": 'name = "x"\n[[bucket]]\nlabel = "a"\nto = 30\n[[bucket]]\nlabel = "b"\nto = 10\n'
    '[[bucket]]\nlabel = "c"\n',
    "last bucket ends": 'name = "x"\n[[bucket]]\nlabel = "a"\nto = 30\n',
    "bucket twice": 'name = "x"\n[[bucket]]\nlabel = "a"\nto = 30\n[[bucket]]\nlabel = "a"\n',
    "bucket edge missing": 'name = "x"\n[[bucket]]\nlabel = "a"\n[[bucket]]\nlabel = "b"\n',
    "bucket with more": 'name = "x"\n[[bucket]]\nlabel = "a"\nfrom = 3\n',
    "example without instalments": 'name = "x"\n[[example]]\nwhat = "?"\n',
    "example day as text": 'name = "x"\n[[example]]\nwhat = "?"\ninstalments = [["2023-01-01", 3]]\n'
    "[[example.check]]\nas_of = 2023-01-01\n",
    "unknown calendar": 'name = "x"\n[due_dates]\nshift = "following"\ncalendar = "Atlantis"\n',
    "calendar without a shift": 'name = "x"\n[due_dates]\ncalendar = "CN"\n',
    "day off as text": 'name = "x"\n[due_dates]\nshift = "following"\noff = ["2023-01-01"]\n',
    "unknown shift": 'name = "x"\n[due_dates]\nshift = "nearest"\n',
    "share as a fraction": 'name = "x"\n[materiality]\nbasis_points = 0.01\n',
    "share above all": 'name = "x"\n[materiality]\nbasis_points = 10001\n',
    "exposure of nothing": 'name = "x"\n[materiality]\nexposure = "outstanding"\n',
    "customers judged, loans counted": 'name = "x"\n[materiality]\nlevel = "customer"\n',
    "charges late but not overdue": 'name = "x"\n[lateness]\ncharges = true\n',
    "missed day without missed payments": 'name = "x"\n[lateness]\nmissed = "day_before_next_due"\n',
    "charges among the parts": 'name = "x"\n[allocation]\n'
    'parts = ["penalty", "late_fee", "fee", "interest", "principal"]\n',
    "as parts, but three": 'name = "x"\n[allocation]\ncharges = "as_parts"\n',
    "extends nobody": 'name = "x"\nextends = "nobody"\n',
    "example that checks nothing": 'name = "x"\n[[example]]\nwhat = "?"\ninstalments = []\n'
    "[[example.check]]\nas_of = 2023-01-01\n",
    "example with an unknown key": 'name = "x"\n[[example]]\nwhat = "?"\n'
    "instalments = [{due = 2023-01-01, amuont = 3}]\n"
    "[[example.check]]\nas_of = 2023-01-01\ndpd = 0\n",
    "not TOML": "name = \n",
    "not UTF-8": b'name = "\xff"\n',
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slip_in_a_convention_file_is_refused(slip, tmp_path: Path):
    file = tmp_path / "own.toml"
    text = SLIPS[slip]
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ShouyueError) as told:
        load(file)
    assert told.value.code == "AGE-002"
    assert "own.toml" in str(told.value) or "x" in str(told.value)


def test_own_file_needs_only_what_differs(tmp_path: Path):
    file = tmp_path / "own.toml"
    file.write_text('name = "own"\n[lateness]\ngrace_days = 5\n[[bucket]]\nlabel = "all"\n')
    own = load(file)
    assert (own.grace_days, own.pauses, own.bucket_of(999)) == (5, "none", "all")


def test_own_file_may_extend_a_shipped_one(tmp_path: Path):
    file = tmp_path / "corporate.toml"
    file.write_text('name = "corporate"\nextends = "eba"\n[materiality]\namount_minor = 50000\n')
    own, eba = load(file), load("eba")
    assert own == replace(eba, name="corporate", threshold_minor=50000, source="", zh=own.zh, en=own.en)
    assert own.examples == () and own.digest() != eba.digest()


def test_digest_follows_the_rules_and_not_the_words():
    assert Convention("a").digest() == Convention("b", zh="说明").digest()
    assert Convention("a").digest() != Convention("a", grace_days=1).digest()
    assert Convention("a").digest() != Convention("a", plan="latest_seq").digest()
