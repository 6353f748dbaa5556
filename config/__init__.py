"""The roof: settings, URLs, workers and embedded services."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
