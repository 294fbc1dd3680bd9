"""What may stand in a log line, and what may not."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog
from django.db import DatabaseError, IntegrityError, connection
from hypothesis import given
from hypothesis import strategies as st

from shouyue.base.errors import Code
from shouyue.web.logging import MASKED, configuration, masked

TROUBLE = Code("TEST-900", zh="合同 {loan} 有误", en="loan {loan} is wrong")


@pytest.fixture
def written():
    """Log through the product's own configuration; returns the parsed lines so far."""
    formatter = configuration()["formatters"]["json"]
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    options = {key: value for key, value in formatter.items() if key != "()"}
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(**options))
    logger = logging.getLogger("shouyue.test")
    logger.addHandler(handler)
    logger.setLevel("INFO")
    logger.propagate = False
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    "text",
    [
        "13800000000",
        "call 13800000000 now",
        "电话13800000000无人接听",
        "tel13800000000",
        "+86 138-0000-0000",
        "138 0000 0000",
        "010-12345678",
        "(010) 12345678",
        "110101199001010011",
        "11010119900101001X",
        "6222000000000000000",
        "1380 0000 000",
    ],
)
def test_numbers_of_persons_are_masked(text):
    assert not any(len(run) > 4 for run in "".join(c if c.isdigit() else " " for c in masked(text)).split())
    assert MASKED in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24",
        "as of 2026-11-24 15:59:01",
        "550e8400-e29b-41d4-a716-446655440000",
        "3f2a9c0d1e5b7788996655443322110a",
        "127.0.0.1:8000",
        "took 12.25 s, 123456 rows",
    ],
)
def test_dates_ids_and_digests_stay(text):
    assert masked(text) == text


@pytest.mark.parametrize(
    "key",
    ["phone", "contact_phone", "customerName", "full_name", "id_number", "idNumber", "password", "new_password2", "q",
     "note", "session_key", "csrf_token", "e-mail", "address", "debit_account", "customername"],
)  # fmt: skip
def test_what_stands_under_a_personal_key_is_masked(key):
    assert masked({"outer": [{key: "张三"}]}) == {"outer": [{key: MASKED}]}


def test_quantities_stay():
    event = {"overdue_minor": 123_456_789, "rows": 12_000_000, "duration_ms": 12.5, "loans": 3000, "ok": True}
    assert masked(event) == event
    assert masked({"value": 13_800_000_000}) == {"value": MASKED}


@given(st.integers(10**10, 10**18), st.sampled_from(["", "手机", "x", "：", "(", "no. "]))
def test_no_long_number_gets_through(number, before):
    assert str(number) not in str(masked(f"{before}{number}"))
    assert str(number) not in str(masked([{"any": number}]))


def test_an_event_is_a_line_of_json(written):
    structlog.get_logger("shouyue.test").info("day published", as_of="2026-11-24", phone="13800000000")
    (line,) = written()
    assert line["event"] == "day published"
    assert line["as_of"] == "2026-11-24"
    assert line["phone"] == MASKED
    assert line["level"] == "info" and line["logger"] == "shouyue.test" and line["timestamp"].endswith("Z")


def test_a_librarys_line_loses_its_arguments(written):
    logging.getLogger("shouyue.test").warning("Not Found: %s", "/search/?q=张三")
    assert "张三" not in str(written())


def test_an_exception_keeps_its_kind_and_place_and_loses_its_words(written):
    log = structlog.get_logger("shouyue.test")
    try:
        raise ValueError("张三 13800000000")
    except ValueError:
        log.exception("failed")
    logging.getLogger("shouyue.test").error("failed", exc_info=KeyError("李四"))
    first, second = written()
    assert first["error"] == "builtins.ValueError"
    assert "test_an_exception_keeps" in first["at"][-1]
    assert second["error"] == "builtins.KeyError"
    assert "张三" not in str(first) and "李四" not in str(second)


def test_an_error_of_our_own_may_speak(written):
    structlog.get_logger("shouyue.test").error("failed", exc_info=TROUBLE.error(loan="A1"))
    assert written()[0]["error"] == "TEST-900 loan A1 is wrong"


@pytest.mark.django_db
def test_a_row_that_breaks_a_constraint_is_not_quoted(written):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE person (name text UNIQUE)")
        cursor.execute("INSERT INTO person VALUES ('张三')")
        with pytest.raises(IntegrityError) as caught:
            cursor.execute("INSERT INTO person VALUES ('张三')")
    assert "张三" in str(caught.value) and isinstance(caught.value, DatabaseError)
    structlog.get_logger("shouyue.test").error("failed", exc_info=caught.value)
    (line,) = written()
    assert line["error"] == "django.db.utils.IntegrityError 23505"
    assert "张三" not in json.dumps(line, ensure_ascii=False)
