from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('dispatch', '0019_network_loads'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='order',
            index=models.Index(condition=models.Q(('state__in', ('dispatched', 'delivered'))), fields=['dispatched_at'], name='order_by_dispatch'),
        ),
    ]
