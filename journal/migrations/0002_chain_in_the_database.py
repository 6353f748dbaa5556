from django.db import migrations

from journal import sql


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [migrations.RunSQL(sql.FUNCTIONS, sql.DROP)]
