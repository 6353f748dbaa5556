from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class IncidentsConfig(AppConfig):
    name = "incidents"

    def ready(self) -> None:
        post_migrate.connect(bring_defaults, sender=self)


def bring_defaults(using: str, plan: Any = None, **kwargs: Any) -> None:
    """Rules and plans exist in every installation, with or without the sample organisation."""
    from incidents.defaults import load

    if using == "default":
        load()
