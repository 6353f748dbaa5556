"""Default plans let a reroute use several days and open standby warehouses, as those of a new installation do. Plans that
people wrote, and responses under way, stay as they are."""

from django.db import migrations

DAYS = {1: 3, 2: 3, 3: 3, 4: 2}  # by level


def widen(apps, schema_editor):
    Measure = apps.get_model("incidents", "PlanMeasure")
    shipped = Measure.objects.filter(
        kind="reroute", params={}, plan__approved_by="system", plan__based_on=None, plan__drafted_by=""
    )
    for level, days in DAYS.items():
        shipped.filter(plan__level=level).update(params={"days": days, "open_standby": True})


def narrow(apps, schema_editor):
    Measure = apps.get_model("incidents", "PlanMeasure")
    for level, days in DAYS.items():
        Measure.objects.filter(
            kind="reroute",
            params={"days": days, "open_standby": True},
            plan__level=level,
            plan__approved_by="system",
        ).update(params={})


class Migration(migrations.Migration):
    dependencies = [("incidents", "0007_levels_decide_reroutes")]
    operations = [migrations.RunPython(widen, narrow)]
