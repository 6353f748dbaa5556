from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        """The API's description learns of our keys."""
        from accounts import openapi  # noqa: F401
