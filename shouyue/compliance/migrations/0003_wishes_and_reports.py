"""Contacts by agencies and reported ones, and what people said about being contacted."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('compliance', '0002_packs_and_append_only'),
    ]

    operations = [
        migrations.AddField(
            model_name='attempt',
            name='agency',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='attempt',
            name='asked_for',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='attempt',
            name='reported_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='gatedecision',
            name='agency',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AlterField(
            model_name='attemptoutcome',
            name='kind',
            field=models.CharField(choices=[('not_connected', 'Not Connected'), ('unanswered', 'Unanswered'), ('answered', 'Answered'), ('conversation', 'Conversation'), ('wrong_number', 'Wrong Number'), ('sent', 'Sent')], max_length=20),
        ),
        migrations.CreateModel(
            name='Wish',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(editable=False, unique=True)),
                ('number_key', models.CharField(blank=True, max_length=64)),
                ('kind', models.CharField(choices=[('agreed_quiet_hours', 'Agrees to contacts in quiet hours'), ('agreed_more_attempts', 'Agrees to more attempts'), ('agreed_private_account', 'Agrees to a private account'), ('prior_consent', 'Consents to calls beforehand'), ('inconvenient_time', 'Calls a time inconvenient'), ('inconvenient_place', 'Calls a place inconvenient'), ('channel_refused', 'Refuses a way of contact'), ('represented', 'Is represented by a lawyer'), ('consent', 'A contact agrees to be contacted'), ('contact_refused', 'A contact refuses to be contacted'), ('wrong_number', "The number is not the person's")], max_length=30)),
                ('given', models.BooleanField(default=True)),
                ('channels', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list, size=None)),
                ('purposes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list, size=None)),
                ('details', models.JSONField(default=dict)),
                ('at', models.DateTimeField()),
                ('evidence', models.CharField(choices=[('call', 'Said in a recorded call'), ('written', 'In writing'), ('visit', 'Said at a visit'), ('file', "From the lender's file"), ('agency', 'Reported by an agency')], max_length=20)),
                ('evidence_ref', models.CharField(blank=True, max_length=64)),
                ('staff_id', models.BigIntegerField(null=True)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='wishes', to='compliance.person')),
            ],
            options={
                'indexes': [models.Index(fields=['person', 'at'], name='compliance__person__dabad3_idx'), models.Index(fields=['number_key', 'at'], name='compliance__number__b5c553_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('person__isnull', False), models.Q(('number_key', ''), _negated=True), _connector='OR'), name='wish_has_a_subject')],
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON compliance_wish "
            "FOR EACH ROW EXECUTE FUNCTION compliance_append_only();",
            "DROP TRIGGER append_only ON compliance_wish;",
        ),
    ]
