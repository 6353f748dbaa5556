import django.db.models.deletion
from django.db import migrations, models

GOALS = [
    ("cheapest", "cheapest"),
    ("fastest", "fastest"),
    ("least_change", "least change"),
    ("core_first", "core regions first"),
    ("polished", "cheapest, polished"),
]


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0026_advice_on_the_way")]
    operations = [
        migrations.AddField("rerouterun", "change", models.JSONField(blank=True, null=True)),
        migrations.AddField("rerouterun", "written_at", models.DateTimeField(blank=True, null=True)),
        migrations.RunSQL(
            "UPDATE dispatch_rerouterun SET written_at = solved_at WHERE solved_at IS NOT NULL", migrations.RunSQL.noop
        ),
        migrations.CreateModel(
            name="RerouteTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("goal", models.CharField(choices=GOALS, max_length=16)),
                ("tally", models.BinaryField()),
                ("members", models.BinaryField()),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tallies",
                        to="dispatch.rerouterun",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("run", "goal"), name="one_tally_per_run_and_goal")],
            },
        ),
    ]
