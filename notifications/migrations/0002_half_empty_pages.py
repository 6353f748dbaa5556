from django.db import migrations


class Migration(migrations.Migration):
    """Sending updates every message in place: pages half empty keep those updates on the same page, indexes untouched."""

    dependencies = [("notifications", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE notifications_message SET (fillfactor = 50)",
            "ALTER TABLE notifications_message RESET (fillfactor)",
        ),
    ]
