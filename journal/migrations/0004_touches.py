from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0003_topics_by_kind")]

    operations = [
        migrations.CreateModel(
            name="Touch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("topic", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
            ],
            options={"indexes": [models.Index(fields=["topic", "id"], name="touch_by_topic")]},
        ),
    ]
