"""One index for one question: none whose columns another one begins with, and none for prefixes nobody asks by."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0018_visits'),
        ('compliance', '0005_fewer_indexes'),
        ('people', '0004_fewer_indexes'),
    ]

    operations = [
        migrations.AlterField(
            model_name='agencyanswer',
            name='agency',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casework.agency'),
        ),
        migrations.AlterField(
            model_name='concessionpart',
            name='concession',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='casework.concession'),
        ),
        migrations.AlterField(
            model_name='concessionstep',
            name='concession',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='casework.concession'),
        ),
        migrations.AlterField(
            model_name='contact',
            name='case',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='casework.case'),
        ),
        migrations.AlterField(
            model_name='contactpoint',
            name='customer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='contact_points', to='casework.customer'),
        ),
        migrations.AlterField(
            model_name='customer',
            name='customer_id',
            field=models.CharField(max_length=64),
        ),
        migrations.AlterField(
            model_name='customer',
            name='person',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='customers', to='compliance.person'),
        ),
        migrations.AlterField(
            model_name='customer',
            name='store',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='customers', to='people.store'),
        ),
        migrations.AlterField(
            model_name='interview',
            name='customer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='interviews', to='casework.customer'),
        ),
        migrations.AlterField(
            model_name='interviewdraft',
            name='customer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='interview_drafts', to='casework.customer'),
        ),
        migrations.AlterField(
            model_name='loan',
            name='loan_id',
            field=models.CharField(max_length=64),
        ),
        migrations.AlterField(
            model_name='loststep',
            name='case',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lost_steps', to='casework.case'),
        ),
        migrations.AlterField(
            model_name='matterstep',
            name='matter',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='casework.matter'),
        ),
        migrations.AlterField(
            model_name='planinstalment',
            name='plan',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='instalments', to='casework.plan'),
        ),
        migrations.AlterField(
            model_name='timelineentry',
            name='case',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='timeline', to='casework.case'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(fields=['person'], name='customer_person'),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.UniqueConstraint(fields=('customer_id',), name='one_customer_per_number'),
        ),
        migrations.AddConstraint(
            model_name='loan',
            constraint=models.UniqueConstraint(fields=('loan_id',), name='one_loan_per_number'),
        ),
    ]
