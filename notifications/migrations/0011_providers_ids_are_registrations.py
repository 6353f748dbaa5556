from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0010_provider_approval")]

    operations = [
        migrations.AddIndex(
            "registration",
            models.Index(fields=["ask_at"], name="registration_to_ask", condition=models.Q(ask_at__isnull=False)),
        ),
        migrations.RemoveField("template", "kinds"),
        migrations.RemoveField("template", "provider_template"),
        migrations.RemoveField("template", "provider_drill_template"),
    ]
