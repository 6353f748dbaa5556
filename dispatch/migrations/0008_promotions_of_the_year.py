from django.db import migrations

# Each with its eve.
PROMOTIONS = [
    ("618年中大促", "618 sale", (6, 17), (6, 18)),
    ("双11", "Singles' Day", (11, 10), (11, 11)),
]


def load(apps, schema_editor):
    apps.get_model("dispatch", "Promotion").objects.bulk_create(
        apps.get_model("dispatch", "Promotion")(
            name=name,
            name_en=name_en,
            first_month=first[0],
            first_day=first[1],
            last_month=last[0],
            last_day=last[1],
        )
        for name, name_en, first, last in PROMOTIONS
    )


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0007_refused_lanes_and_promotions")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
