"""Versions, steps and releases refuse UPDATE and DELETE, as the record of contacts does."""

from django.db import migrations

TABLES = ("document", "version", "step", "release")

FORWARD = "".join(
    f"""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON releases_{table}
    FOR EACH ROW EXECUTE FUNCTION compliance_append_only();
"""
    for table in TABLES
)
BACKWARD = "".join(f"DROP TRIGGER append_only ON releases_{table};\n" for table in TABLES)


class Migration(migrations.Migration):
    dependencies = [("releases", "0001_initial"), ("compliance", "0002_packs_and_append_only")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
