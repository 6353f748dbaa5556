from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("customers", "0011_new_estimates_wait_beside_notices")]

    operations = [
        migrations.RemoveIndex("noticerun", "notice_to_follow"),
        migrations.RemoveField("noticerun", "follow_at"),
        migrations.RemoveField("noticerun", "newer_by"),
        migrations.RemoveField("noticerun", "newer_eta"),
    ]
