"""One index for one question: none whose columns another one begins with."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0001_letters'),
    ]

    operations = [
        migrations.AlterField(
            model_name='letterevent',
            name='letter',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='messaging.letter'),
        ),
    ]
