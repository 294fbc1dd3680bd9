"""One index for one question: none whose columns another one begins with."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('compliance', '0004_audit_seal'),
    ]

    operations = [
        migrations.AlterField(
            model_name='attempt',
            name='person',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='compliance.person'),
        ),
        migrations.AlterField(
            model_name='gatedecision',
            name='person',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='compliance.person'),
        ),
        migrations.AlterField(
            model_name='wish',
            name='person',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='wishes', to='compliance.person'),
        ),
        # a person is found by the whole key; Django would keep an index of its beginnings beside the key's own
        migrations.RunSQL(
            'DROP INDEX IF EXISTS compliance_person_key_3d8e7059_like',
            'CREATE INDEX IF NOT EXISTS compliance_person_key_3d8e7059_like'
            ' ON compliance_person (key varchar_pattern_ops)',
        ),
    ]
