from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("customers", "0012_notices_hold_no_new_estimate")]

    operations = [migrations.RemoveField("noticeplaces", "seconds")]
