from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0038_message_steps'),
    ]

    operations = [
        migrations.AddField(
            model_name='contact',
            name='manner',
            field=models.CharField(blank=True, choices=[('friendly', 'Friendly'), ('hesitant', 'Hesitant'), ('silent', 'Says little'), ('angry', 'Upset'), ('experienced', 'Experienced'), ('in_need', 'In real need')], db_default='', default='', max_length=20),
        ),
    ]
