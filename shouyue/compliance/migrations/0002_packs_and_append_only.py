"""Packs kept with the decisions they took; the record of contacts and changes refuses UPDATE and DELETE.

The triggers fire per row, so TRUNCATE (restore, test databases) is not theirs: the right to it is the database
owner's, not the desk's. docs/audit.md says how a desk is run under a role of its own.
"""

import django.contrib.postgres.fields
from django.db import migrations, models

TABLES = ("auditentry", "gatedecision", "attempt", "attemptoutcome", "policypack")

FORWARD = """
CREATE FUNCTION compliance_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: its rows are appended and never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON compliance_{table}
    FOR EACH ROW EXECUTE FUNCTION compliance_append_only();
"""
    for table in TABLES
)
BACKWARD = (
    "".join(f"DROP TRIGGER append_only ON compliance_{table};\n" for table in TABLES)
    + "DROP FUNCTION compliance_append_only();"
)


class Migration(migrations.Migration):
    dependencies = [("compliance", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="attempt",
            name="loans",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=64), blank=True, default=list, size=None
            ),
        ),
        migrations.CreateModel(
            name="PolicyPack",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=64)),
                ("content", models.JSONField()),
                ("first_used_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
