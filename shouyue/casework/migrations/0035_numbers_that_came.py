from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0034_told_details'),
    ]

    operations = [
        migrations.AddField(
            model_name='contactpoint',
            name='came_on',
            field=models.DateField(null=True),
        ),
    ]
