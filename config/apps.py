from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps


class RoofConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        """Let every room register how its journal entries read (`<room>/entries.py`)."""
        for app in apps.get_app_configs():
            if "." not in app.name and find_spec(f"{app.name}.entries"):
                import_module(f"{app.name}.entries")
