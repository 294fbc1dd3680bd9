from __future__ import annotations

import pytest

pytestmark = pytest.mark.kill

PASSWORD = "correct horse battery\n"


def test_a_made_password_is_shown_once_and_signs_in(desk):
    said = desk.run("user", "add", "boss", "--role", "admin")
    (password,) = [line.split()[-1] for line in said.splitlines() if "password" in line]
    checked = desk.run("manage", "shell", "-c", sign_in("boss", password))
    assert "signed in: True" in checked
    assert password not in desk.run("user", "list")


def sign_in(name: str, password: str) -> str:
    return (
        "from django.contrib.auth import authenticate; "
        f"print('signed in:', authenticate(username={name!r}, password={password!r}) is not None)"
    )


def test_a_rep_needs_a_store_that_exists(desk):
    assert "OPS-012" in desk.run("user", "add", "lin", "--role", "rep", expect=2)
    assert "OPS-013" in desk.run("user", "add", "lin", "--role", "rep", "--store", "S9", expect=2)
    desk.run("user", "add", "lin", "--role", "rep", "--store", "S9", "--new-store")
    assert "S9" in desk.run("user", "list")
    desk.run("user", "add", "lin2", "--role", "store_manager", "--store", "S9")


def test_a_name_is_taken_once(desk):
    desk.run("user", "add", "once", "--role", "auditor")
    assert "OPS-010" in desk.run("user", "add", "once", "--role", "auditor", expect=2)


@pytest.mark.parametrize("weak", ["short\n", "password123\n", "12345678901\n", "\n"])
def test_a_weak_password_is_refused_and_nobody_is_added(desk, weak):
    said = desk.run("user", "add", "weakling", "--role", "auditor", "--password-stdin", text=weak, expect=2)
    assert "OPS-014" in said
    assert "weakling" not in desk.run("user", "list")


def test_a_deactivated_user_cannot_sign_in_and_stays_on_record(desk):
    desk.run("user", "add", "gone", "--role", "auditor", "--password-stdin", text=PASSWORD)
    assert "signed in: True" in desk.run("manage", "shell", "-c", sign_in("gone", PASSWORD.strip()))
    desk.run("user", "deactivate", "gone")
    desk.run("user", "deactivate", "gone")  # safe to repeat
    assert "signed in: False" in desk.run("manage", "shell", "-c", sign_in("gone", PASSWORD.strip()))
    assert "gone" not in desk.run("user", "list")
    assert "gone" in desk.run("user", "list", "--all")


def test_another_password_ends_the_old_one(desk):
    desk.run("user", "add", "forgetful", "--role", "auditor", "--password-stdin", text=PASSWORD)
    desk.run("user", "password", "forgetful", "--password-stdin", text="another fine secret\n")
    assert "signed in: False" in desk.run("manage", "shell", "-c", sign_in("forgetful", PASSWORD.strip()))
    assert "signed in: True" in desk.run("manage", "shell", "-c", sign_in("forgetful", "another fine secret"))


def test_nobody_is_found_by_an_unknown_name(desk):
    assert "OPS-011" in desk.run("user", "deactivate", "nobody", expect=2)
    assert "OPS-011" in desk.run("user", "password", "nobody", expect=2)


def test_what_is_done_to_people_stands_in_the_audit_chain(desk):
    desk.run("user", "add", "traced", "--role", "auditor")
    desk.run("user", "deactivate", "traced")
    shown = desk.run("audit", "show")
    assert "user.add" in shown and "user.deactivate" in shown
    assert "traced" not in shown
    desk.run("audit", "verify")


def test_an_unmigrated_database_is_named_as_such(other_desk):
    assert "OPS-001" in other_desk.run("user", "list", expect=2)
