"""One index for one question: none whose columns another one begins with."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('releases', '0002_append_only'),
    ]

    operations = [
        migrations.AlterField(
            model_name='release',
            name='document',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='releases.document'),
        ),
        migrations.AlterField(
            model_name='step',
            name='version',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='releases.version'),
        ),
        migrations.AlterField(
            model_name='version',
            name='document',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='releases.document'),
        ),
    ]
