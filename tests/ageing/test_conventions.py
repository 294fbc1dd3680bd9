"""Conventions are data: those shipped do what their own examples say, and a slip in a file is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from shouyue.ageing.convention import Convention, load, shipped
from shouyue.ageing.reference import age_loan
from shouyue.base.errors import ShouyueError
from tests.ageing.loans import aged

EXAMPLES = [(name, n) for name in shipped() for n in range(len(load(name).examples))]


def test_default_and_fineract_ship_and_name_their_source():
    assert {"default", "fineract"} <= set(shipped())
    for name in shipped():
        convention = load(name)
        assert convention.name == name
        assert convention.source and convention.zh and convention.en and convention.examples


@pytest.mark.parametrize(("name", "place"), EXAMPLES)
def test_worked_example(name, place):
    convention = load(name)
    example = convention.examples[place]
    assert example.checks, example.what
    for check in example.checks:
        kernel = aged([example.loan], check.as_of, check.known_at, convention)[0]
        reference = age_loan(example.loan, check.as_of, check.known_at, convention)
        assert {k: kernel[k] for k in check.expected} == check.expected, example.what
        assert {k: reference[k] for k in check.expected} == check.expected, example.what


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


def test_digest_follows_the_rules_and_not_the_words():
    assert Convention("a").digest() == Convention("b", zh="说明").digest()
    assert Convention("a").digest() != Convention("a", grace_days=1).digest()
    assert Convention("a").digest() != Convention("a", plan="latest_seq").digest()
