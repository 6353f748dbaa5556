from django.db import migrations, models
from django.db.models import Q

STATES = ["queued", "sent", "delivered", "failed", "ambiguous", "cancelled"]


class Migration(migrations.Migration):
    """A queued message that an open call names is on its way: sending rewrites it once, when it was taken."""

    dependencies = [("notifications", "0008_next_channels_are_the_notices")]
    operations = [
        migrations.RunSQL("UPDATE notifications_message SET state = 'queued' WHERE state = 'sending'", ""),
        migrations.RemoveField(model_name="chunk", name="sending"),
        migrations.AlterField(
            model_name="message",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "queued"),
                    ("sent", "sent"),
                    ("delivered", "delivered"),
                    ("failed", "failed"),
                    ("ambiguous", "unclear"),
                    ("cancelled", "cancelled"),
                ],
                default="queued",
                max_length=10,
            ),
        ),
        migrations.RemoveConstraint(model_name="message", name="message_state_is_known"),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(condition=Q(state__in=STATES), name="message_state_is_known"),
        ),
    ]
