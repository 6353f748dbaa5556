"""A plan may be polished; stock may be why an order gets no lane."""

from django.db import migrations, models

GOALS = [
    ("cheapest", "cheapest"),
    ("fastest", "fastest"),
    ("least_change", "least change"),
    ("core_first", "core regions first"),
    ("polished", "cheapest, polished"),
]


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0021_detours_and_authority")]

    operations = [
        migrations.AddField("rerouterun", "polish", models.BooleanField(db_default=False, default=False)),
        migrations.AlterField("rerouterun", "goal", models.CharField(choices=GOALS, default="cheapest", max_length=16)),
        migrations.AlterField("rerouteoption", "goal", models.CharField(choices=GOALS, max_length=16)),
        migrations.AlterField(
            "proposal",
            "outcome",
            models.SmallIntegerField(
                choices=[
                    (0, "gets a lane"),
                    (1, "no lane into the destination is open"),
                    (2, "no open warehouse has the product"),
                    (3, "no open warehouse with the product may serve this customer"),
                    (4, "no open lane takes this service level and weight"),
                    (5, "today's capacity ran out"),
                    (6, "the wishes leave it no way"),
                    (7, "the order system refused every way it has"),
                    (8, "the stock of its warehouses does not suffice"),
                ]
            ),
        ),
    ]
