"""The house itself: settings, urls, the API's router, Celery, health and checks."""

from ferproject.celery import app as celery_app

__all__ = ["celery_app"]
