from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0035_numbers_that_came'),
    ]

    operations = [
        migrations.AddField(
            model_name='customer',
            name='told_zone',
            field=models.CharField(blank=True, db_default='', default='', max_length=64),
        ),
        migrations.AddField(
            model_name='tolddetail',
            name='zone',
            field=models.CharField(blank=True, db_default='', default='', max_length=64),
        ),
    ]
