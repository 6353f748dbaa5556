from django.db import migrations, models

STATES = [("submitted", "being examined"), ("approved", "approved"), ("rejected", "rejected")]
# Aliyun's ids stood on the template; what was sent by them was approved.
MOVE = """
INSERT INTO notifications_registration
    (template_id, kind, code, drill_code, fields, state, drill_state, reason, decided_by)
SELECT id, 'aliyun_' || channel, provider_template, provider_drill_template, '{}', 'approved', 'approved', '', ''
FROM notifications_template WHERE provider_template <> '' AND channel IN ('sms', 'voice')
ON CONFLICT DO NOTHING
"""
RENAME = "UPDATE notifications_registration SET state = 'submitted' WHERE state = 'pending'"


class Migration(migrations.Migration):
    dependencies = [("notifications", "0009_open_calls_say_what_is_sending")]

    operations = [
        migrations.AlterField("registration", "state", models.CharField(max_length=9, default="submitted", choices=STATES)),
        migrations.AddField(
            "registration", "drill_state", models.CharField(max_length=9, default="submitted", choices=STATES)
        ),
        migrations.AddField("registration", "reason", models.CharField(max_length=200, blank=True, default=""), preserve_default=False),
        migrations.AddField("registration", "decided_by", models.CharField(max_length=64, blank=True, default=""), preserve_default=False),
        migrations.AddField("registration", "decided_at", models.DateTimeField(null=True, blank=True)),
        migrations.AddField("registration", "ask_at", models.DateTimeField(null=True, blank=True)),
        migrations.RunSQL(
            [RENAME, "UPDATE notifications_registration SET drill_state = state", MOVE], migrations.RunSQL.noop
        ),
    ]
