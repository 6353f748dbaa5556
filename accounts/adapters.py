from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignup(DefaultAccountAdapter):
    """People are entered by an administrator or an import; nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
