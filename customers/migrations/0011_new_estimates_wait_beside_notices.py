from django.db import migrations, models

MOVE = """
INSERT INTO customers_newestimate (reference, eta, given_by, due_at)
SELECT reference, newer_eta, newer_by, follow_at FROM customers_noticerun
WHERE newer_eta IS NOT NULL AND follow_at IS NOT NULL ORDER BY id
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0010_provinces_are_counted_aside")]

    operations = [
        migrations.CreateModel(
            "NewEstimate",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=64)),
                ("eta", models.DateTimeField()),
                ("given_by", models.CharField(max_length=64)),
                ("due_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
    ]
