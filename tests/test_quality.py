"""The whole house at once: deployment checks, API description, addresses, words. `run.py lint` asks for complete
migrations, formatted templates and translations."""

from __future__ import annotations

import os
import subprocess
import sys

from babel.messages.pofile import read_po
from django.conf import settings
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse


def test_a_deployment_passes_its_checks(tmp_path):
    """As a production server is configured: public address with TLS, bound beyond the loopback address."""
    environment = {
        "PATH": os.environ["PATH"],
        "FENGHUO_HOME": str(tmp_path),
        "BIND": "0.0.0.0",
        "FENGHUO_PUBLIC_URL": "https://command.example.com",
    }
    argv = [sys.executable, "-W", "ignore", "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    checked = subprocess.run(argv, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    # Silenced: W008 asks Django to redirect to TLS, which the reverse proxy that ends TLS does.
    assert settings.SILENCED_SYSTEM_CHECKS == ["security.W008"]


def test_a_generated_secret_key_is_for_the_owner_only(tmp_path):
    argv = [sys.executable, "-c", "from config import environment as e; print(e.secret_key())"]
    environment = {"PATH": os.environ["PATH"], "FENGHUO_HOME": str(tmp_path)}
    keys = {
        subprocess.run(argv, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True).stdout
        for _ in range(2)
    }
    (key,) = keys
    assert len(key) > 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_the_api_describes_itself_without_complaints():
    from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
    from drf_spectacular.generators import SchemaGenerator

    reset_generator_stats()
    schema = SchemaGenerator().get_schema(public=True)
    complaints = [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache]
    assert not complaints
    assert schema["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"
    for path, methods in schema["paths"].items():
        assert path.startswith("/api/v1/")
        for method, operation in methods.items():
            assert operation.get("summary") or operation.get("description"), f"{method} {path} says nothing of itself"


def addresses(resolver=None, prefix: str = ""):
    """(name, route) of every address; routes of foreign applications included."""
    for item in (resolver or get_resolver()).url_patterns:
        if isinstance(item, URLResolver):
            if item.namespace is None:
                yield from addresses(item, prefix + str(item.pattern))
        elif isinstance(item, URLPattern):
            yield item, prefix + str(item.pattern)


def test_every_address_has_a_name_of_its_own():
    names = [item.name for item, route in addresses()]
    assert None not in names
    assert len(names) == len(set(names))


def test_an_address_can_be_built():
    samples = {"int": 1, "str": "incident:1", "slug": "x", "path": "x", "uuid": "00000000-0000-0000-0000-000000000000"}
    failed = set()
    for item, _route in addresses():
        arguments = {}
        for name, converter in item.pattern.converters.items():
            kind = type(converter).__name__.removesuffix("Converter").lower()
            arguments[name] = samples.get("str" if kind == "string" else kind, 1)
        try:
            reverse(item.name, kwargs=arguments)
        except NoReverseMatch:
            failed.add(item.name)
    # Addresses of the log-in library that are regular expressions take forms of their own.
    assert all(name.startswith("account_") for name in failed), failed


def test_robots_are_kept_out(client):
    answer = client.get("/robots.txt")
    assert answer.content.decode().splitlines() == ["User-agent: *", "Disallow: /"]


def test_a_text_is_translated_alike_in_every_room():
    """Django merges the rooms' catalogues: of two different translations one would win everywhere."""
    known: dict[tuple[str, str], dict[str, str]] = {}
    for catalogue in sorted((settings.BASE_DIR / "locale").rglob("*.po")):
        with catalogue.open("rb") as file:
            for message in read_po(file):
                if message.id and message.string:
                    key = (str(message.context or ""), str(message.id))
                    known.setdefault(key, {})[str(message.string)] = catalogue.parts[-4]
    assert not {key: found for key, found in known.items() if len(found) > 1}
