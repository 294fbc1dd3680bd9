"""The chain's root of each day."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('compliance', '0003_wishes_and_reports'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditSeal',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
                ('seq', models.BigIntegerField()),
                ('hash', models.CharField(max_length=64)),
                ('sealed_at', models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON compliance_auditseal "
            "FOR EACH ROW EXECUTE FUNCTION compliance_append_only();",
            "DROP TRIGGER append_only ON compliance_auditseal;",
        ),
    ]
