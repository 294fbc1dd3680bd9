from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0032_quotes_together'),
    ]

    operations = [
        migrations.AddField(
            model_name='contactpoint',
            name='filed',
            field=models.JSONField(null=True),
        ),
    ]
