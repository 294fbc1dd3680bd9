"""The audit chain: what is written, and that nothing of it can be changed unseen."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import pairwise
from uuid import UUID

import pytest
from click.testing import CliRunner
from django.db import connection

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.cli.audit import audit as command
from shouyue.compliance import audit
from shouyue.compliance.chain import FIRST, Root, content_hash
from shouyue.compliance.models import AuditEntry
from shouyue.people.models import Role, User

pytestmark = pytest.mark.django_db
TABLE = "compliance_auditentry"


@pytest.fixture
def ten(db) -> list[AuditEntry]:
    return [audit.record("note.add", f"case:{i}", {"order": i, "reason": "电话"}, None) for i in range(1, 11)]


@contextmanager
def behind_the_triggers():
    """As somebody who owns the server could."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def rehash(cursor, seq: int, previous: str | None = None) -> None:
    """Make one entry consistent with itself again, as a careful forger would."""
    entry = AuditEntry.objects.get(seq=seq)
    previous = previous or entry.previous
    digest = content_hash(seq, entry.at, entry.actor_id, entry.actor, entry.action, entry.subject, entry.data, previous)
    cursor.execute(f"UPDATE {TABLE} SET previous = %s, hash = %s WHERE seq = %s", [previous, digest, seq])


def broken(**more) -> tuple[int | None, str]:
    report = audit.verify(**more)
    assert not report.ok
    assert report.text("zh") and report.text("en")
    return report.first_bad, report.why


def test_entries_are_numbered_without_gaps_and_chained(ten):
    assert [e.seq for e in ten] == list(range(1, 11))
    assert ten[0].previous == FIRST
    assert all(later.previous == earlier.hash for earlier, later in pairwise(ten))
    report = audit.verify()
    assert report.ok and report.entries == 10 and report.newest == Root(10, ten[-1].hash)


def test_an_empty_chain_is_intact():
    assert audit.verify().ok and audit.newest() is None


def test_an_entry_says_who_what_and_when():
    rep = User.objects.create_user("rep-7", password=None, role=Role.HEAD_OFFICE)
    at = datetime(2026, 11, 24, 6, 0, 0, 123456, tzinfo=UTC)
    with clock.at(at):
        entry = audit.record("case.hand_over", "case:7", {"on": date(2026, 11, 24), "to": UUID(int=7)}, rep)
    stored = AuditEntry.objects.get(seq=entry.seq)
    assert (stored.actor_id, stored.actor, stored.at) == (rep.pk, "rep-7", at)
    assert stored.data == {"on": "2026-11-24", "to": str(UUID(int=7))}
    assert audit.record("x", "case:7", {}, None).actor == "system"


def test_the_hash_is_the_documented_one():
    entry = audit.record(
        "a", "case:1", {"z": 1, "a": [True, None, "守约"]}, None, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    )
    import hashlib

    text = (
        '[1,"2026-01-02T03:04:05.000000+00:00",null,"system","a","case:1",{"a":[true,null,"守约"],"z":1},"'
        + "0" * 64
        + '"]'
    )
    assert entry.hash == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        "data = '{\"order\": 99}'",
        "actor = 'somebody else'",
        "at = at + interval '1 microsecond'",
        "subject = 'case:999'",
        "action = 'nothing'",
        "actor_id = 1",
        "hash = repeat('0', 64)",
        "previous = repeat('f', 64)",
    ],
)
def test_whatever_is_changed_in_an_entry_names_it(ten, change):
    with behind_the_triggers() as cursor:
        cursor.execute(f"UPDATE {TABLE} SET {change} WHERE seq = 4")
    assert broken() == (4, "edited")


def test_an_entry_edited_and_hashed_anew_is_named(ten):
    with behind_the_triggers() as cursor:
        cursor.execute(f"UPDATE {TABLE} SET actor = 'nobody' WHERE seq = 4")
        rehash(cursor, 4)
    assert broken() == (4, "rewritten")


def test_a_removed_entry_is_named(ten):
    with behind_the_triggers() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE seq = 4")
    assert broken() == (4, "missing")


def test_a_removed_first_entry_is_named(ten):
    with behind_the_triggers() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE seq = 1")
    assert broken() == (1, "missing")


def test_a_removed_entry_whose_number_another_took_is_named(ten):
    with behind_the_triggers() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE seq = 4")
        for seq in range(5, 11):
            cursor.execute(f"UPDATE {TABLE} SET seq = %s WHERE seq = %s", [seq - 1, seq])
    seq, why = broken()
    assert (seq, why) == (4, "out_of_order")
    assert "entry 5" in audit.verify().text("en")


def test_an_entry_inserted_in_the_middle_is_named(ten):
    with behind_the_triggers() as cursor:
        for seq in range(10, 3, -1):
            cursor.execute(f"UPDATE {TABLE} SET seq = %s WHERE seq = %s", [seq + 1, seq])
        cursor.execute(
            f"INSERT INTO {TABLE} SELECT 4, at, actor_id, 'forger', action, subject, data, %s, hash "
            f"FROM {TABLE} WHERE seq = 3",
            [ten[2].hash],
        )
        rehash(cursor, 4)
    assert broken() == (4, "inserted")


def test_an_entry_before_the_first_is_named(ten):
    with behind_the_triggers() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} SELECT 0, at, actor_id, actor, action, subject, data, previous, hash "
            f"FROM {TABLE} WHERE seq = 3"
        )
    assert broken() == (0, "inserted")


def test_two_entries_that_changed_places_are_named(ten):
    with behind_the_triggers() as cursor:
        for old, new in ((4, 100), (7, 4), (100, 7)):
            cursor.execute(f"UPDATE {TABLE} SET seq = %s WHERE seq = %s", [new, old])
    assert broken() == (4, "out_of_order")
    assert "第 4 条原为第 7 条" in audit.verify().text("zh")


def test_a_chain_rewritten_to_its_end_is_found_by_a_published_root(ten):
    sealed = audit.newest()
    with behind_the_triggers() as cursor:
        cursor.execute(f"UPDATE {TABLE} SET actor = 'nobody' WHERE seq = 4")
        previous = ten[2].hash
        for seq in range(4, 11):
            rehash(cursor, seq, previous)
            previous = AuditEntry.objects.get(seq=seq).hash
    assert audit.verify().ok, "without a root a chain rewritten to its end looks whole"
    assert broken(roots=[sealed]) == (10, "root")
    assert broken(roots=[Root(2, ten[1].hash), Root(6, ten[5].hash), sealed]) == (6, "root")


def test_a_chain_cut_short_is_found_by_a_published_root(ten):
    sealed = audit.newest()
    with behind_the_triggers() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE seq > 7")
    assert audit.verify().ok
    assert broken(roots=[sealed]) == (8, "missing")


def test_a_root_of_an_earlier_day_still_fits(ten):
    earlier = Root(5, ten[4].hash)
    assert audit.verify(roots=[earlier, audit.newest()]).ok


def test_batches_do_not_change_the_answer(ten):
    seen: list[tuple[int, int]] = []
    assert audit.verify(batch=3, progress=lambda done, total: seen.append((done, total))).ok
    assert seen == [(3, 10), (6, 10), (9, 10), (10, 10)]
    with behind_the_triggers() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE seq = 7")
    assert broken(batch=3) == (7, "missing")


@pytest.mark.parametrize("data", [{"phone": "1"}, {"deep": {"Name": "x"}}, {"list": [{"id_number": "1"}]}])
def test_personal_data_is_refused(data):
    with pytest.raises(ShouyueError, match="AUDIT-001"):
        audit.record("x", "case:1", data, None)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("value", [1.5, b"x", {1, 2}, "a\0b", "\ud800", object()])
def test_a_value_that_is_not_kept_to_the_bit_is_refused(value):
    with pytest.raises(ShouyueError, match="AUDIT-002"):
        audit.record("x", "case:1", {"v": value}, None)


@pytest.mark.parametrize("subject", ["", "case", "case 1", "CASE:1", "case:" + "9" * 200])
def test_a_subject_is_a_type_and_an_id(subject):
    with pytest.raises(ShouyueError, match="AUDIT-003"):
        audit.record("x", subject, {}, None)


def test_large_numbers_and_other_scripts_survive_the_database():
    audit.record("x", "case:1", {"minor": 2**63 - 1, "big": 10**30, "negative": -1, "zh": "罚息\n\u2028🙂"}, None)
    assert audit.verify().ok


def test_command_verify_exits_0_when_intact_and_2_when_broken(ten):
    run = CliRunner()
    sealed = run.invoke(command, ["root"]).output.strip()
    assert sealed == f"{ten[-1].hash}@10"
    whole = run.invoke(command, ["verify", "--root", sealed])
    assert whole.exit_code == 0 and "完整：10 条" in whole.output
    with behind_the_triggers() as cursor:
        cursor.execute(f"UPDATE {TABLE} SET subject = 'case:0' WHERE seq = 9")
    result = run.invoke(command, ["verify"])
    assert result.exit_code == 2 and "entry 9 was edited" in result.output and "第 9 条" in result.output


def test_command_verify_reads_a_file_of_roots(ten, tmp_path):
    roots = tmp_path / "roots.txt"
    roots.write_text(f"# daily\n{ten[2].hash}@3\n\n{ten[6].hash}@7\n")
    assert CliRunner().invoke(command, ["verify", "--roots", str(roots)]).exit_code == 0
    roots.write_text(f"{ten[2].hash}@4\n")
    assert CliRunner().invoke(command, ["verify", "--roots", str(roots)]).exit_code == 2


def test_a_root_is_written_hash_at_seq():
    for text in ("", "x@1", "0" * 64, "0" * 64 + "@", "0" * 64 + "@-1"):
        with pytest.raises(ShouyueError, match="AUDIT-004"):
            Root.parse(text)
    assert Root.parse("0" * 64 + "@12\n") == Root(12, "0" * 64)


def test_command_show_lists_a_subject(ten):
    result = CliRunner().invoke(command, ["show", "--subject", "case:3"])
    assert result.exit_code == 0 and result.output.count("\n") == 1 and "\tnote.add\tcase:3\t" in result.output
    assert CliRunner().invoke(command, ["show", "--subject", "case:404"]).exit_code == 2
