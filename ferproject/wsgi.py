"""The web process's entry point."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ferproject.settings")

application = get_wsgi_application()

# All that answering needs is loaded now and stays. To look through it again and again for what can
# go holds up a request every now and then for longer than its answer takes.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
