"""The Celery application. Tasks live in their rooms' `tasks.py`."""

import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.beat import EmbeddedService
from celery.signals import worker_ready
from django.conf import settings

from ferproject import file_broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ferproject.settings")

file_broker.use()
app = Celery("ferproject")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_configure.connect
def make_broker_folders(**_: Any) -> None:
    """The filesystem transport expects its folders to be there."""
    for name, folder in settings.CELERY_BROKER_TRANSPORT_OPTIONS.items():
        if name.endswith(("_in", "_out", "_folder")):
            Path(str(folder)).mkdir(parents=True, exist_ok=True)


@worker_ready.connect
def start_clock(**_: Any) -> None:
    """Send the periodic tasks from inside the worker where no `celery beat` runs beside it.

    A thread instead of `celery worker -B`, whose process costs a second interpreter's memory.
    """
    # Of several workers, the one that does the housekeeping.
    housekeeping = settings.CELERY_TASK_DEFAULT_QUEUE in app.amqp.queues.consume_from
    if settings.CELERY_CLOCK_IN_WORKER and housekeeping:
        service = EmbeddedService(app, thread=True, scheduler_cls="celery.beat:Scheduler")
        service.daemon = True
        service.start()
