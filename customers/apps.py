from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CustomersConfig(AppConfig):
    name = "customers"

    def ready(self) -> None:
        post_migrate.connect(load_what_ships, sender=self)


def load_what_ships(**kwargs: object) -> None:
    """A fresh or upgraded database has a compensation policy and the rules of care from its first minute."""
    from django.db import connection

    if "customers_compensationpolicy" in connection.introspection.table_names():
        from customers.operations.policies import load_default_policy
        from customers.operations.rules import load_care_rules

        load_default_policy()
        load_care_rules()
