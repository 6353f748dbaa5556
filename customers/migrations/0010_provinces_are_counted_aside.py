import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0009_surveys_and_follow_ups_proposed")]

    operations = [
        migrations.CreateModel(
            "NoticePlaces",
            [
                (
                    "notice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="places",
                        serialize=False,
                        to="customers.noticerun",
                    ),
                ),
                ("figures", models.JSONField(default=list)),
                ("counted_at", models.DateTimeField(null=True)),
                ("seconds", models.FloatField(default=0)),
                ("due_at", models.DateTimeField(null=True)),
            ],
        )
    ]
