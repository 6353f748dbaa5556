import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0007_rules_changed_by_people")]

    operations = [
        migrations.AddField(
            "preference",
            "told_at",
            models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
            ),
        ),
        migrations.AlterField(
            "preference",
            "channel",
            models.CharField(
                blank=True,
                choices=[
                    ("sms", "SMS"),
                    ("email", "e-mail"),
                    ("wechat", "WeChat"),
                    ("push", "app push"),
                    ("none", "no messages"),
                ],
                max_length=16,
            ),
        ),
    ]
