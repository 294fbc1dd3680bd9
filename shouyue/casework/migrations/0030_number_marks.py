from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0029_quotes'),
    ]

    operations = [
        migrations.AddField(
            model_name='contactpoint',
            name='mark',
            field=models.CharField(blank=True, db_default='', default='', max_length=20),
        ),
        migrations.AddField(
            model_name='contactpoint',
            name='marked_at',
            field=models.DateTimeField(null=True),
        ),
    ]
