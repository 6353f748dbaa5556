"""The same settings with plain static files and a cheap password hash."""

import os

from config.settings import *  # noqa: F403
from config.settings import DATABASES, STORAGES

STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Browser tests serve assets from where they lie, without collecting them; looked up one by one, because every test's
# client would otherwise look at all of them when it begins.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
# The embedded database of the tests is migrated before they begin: see tests/embedded.py.
if not os.environ.get("DATABASE_URL"):
    DATABASES["default"]["TEST"] = {"TEMPLATE": DATABASES["default"]["NAME"]}
