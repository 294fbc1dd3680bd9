"""Every write pays for every index: none may only repeat the beginning of another."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

pytestmark = pytest.mark.django_db

_REPEATED = """
    SELECT short.indexrelid::regclass::text, long.indexrelid::regclass::text
      FROM pg_index short
      JOIN pg_index long ON long.indrelid = short.indrelid AND long.indexrelid <> short.indexrelid
     WHERE short.indrelid = %s::regclass AND NOT short.indisunique
       AND short.indpred IS NULL AND long.indpred IS NULL AND short.indexprs IS NULL AND long.indexprs IS NULL
       AND long.indkey::text || ' ' LIKE short.indkey::text || ' %%'
       AND long.indclass::text || ' ' LIKE short.indclass::text || ' %%'
"""


def test_no_index_repeats_the_beginning_of_another():
    tables = [model._meta.db_table for model in apps.get_models() if model.__module__.startswith("shouyue.")]
    assert len(tables) > 40
    with connection.cursor() as cursor:
        found = [row for table in tables for row in cursor.execute(_REPEATED, [table]).fetchall()]
    assert found == []


def test_the_check_sees_one():
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX again ON casework_timelineentry (case_id)")
        seen = cursor.execute(_REPEATED, ["casework_timelineentry"]).fetchall()
    assert {short for short, _ in seen} == {"again"}
