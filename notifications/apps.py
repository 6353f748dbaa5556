from django.apps import AppConfig
from django.db.models.signals import post_migrate


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications import entries, openapi  # noqa: F401

        post_migrate.connect(load_default_templates, sender=self)


def load_default_templates(**kwargs: object) -> None:
    """People can be called out from the first minute of a database, with or without the sample organisation."""
    from django.db import connection

    if "notifications_template" in connection.introspection.table_names():
        from notifications.operations import load_defaults

        load_defaults()
