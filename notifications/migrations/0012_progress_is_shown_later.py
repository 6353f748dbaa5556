from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0011_providers_ids_are_registrations")]

    operations = [
        migrations.AddField("batch", "show_at", models.DateTimeField(blank=True, editable=False, null=True)),
        migrations.AddIndex(
            "batch",
            models.Index(fields=["show_at"], name="batch_to_show", condition=models.Q(("show_at__isnull", False))),
        ),
    ]
