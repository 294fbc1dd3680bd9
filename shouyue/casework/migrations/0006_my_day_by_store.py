from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("casework", "0005_promise_life"), ("people", "0001_initial")]

    operations = [
        migrations.RemoveIndex(model_name="case", name="case_my_day"),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("status", "open")),
                fields=["assignee", "store", "-priority", "id"],
                name="case_my_day",
            ),
        ),
    ]
