"""Settings of the test suite: the product's own, in a data folder of its own that is thrown away.

Tests run with production's host checks off and cheap password hashes; everything else is real.
"""

import atexit
import os
import shutil
import tempfile

_data_dir = tempfile.mkdtemp(prefix="expression-lab-tests-")
atexit.register(shutil.rmtree, _data_dir, ignore_errors=True)
os.environ["DATA_DIR"] = _data_dir
os.environ.setdefault("SECRET_KEY", "only-for-tests-and-never-anywhere-else")

from ferproject.settings import *  # noqa: E402, F403
from ferproject.settings import ACCOUNT_RATE_LIMITS as RATE_LIMITS_OF_THE_PRODUCT  # noqa: E402, F401

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ACCOUNT_RATE_LIMITS = False  # switched on by the tests that are about them
# Each client of a test has middleware of its own, which would read all static files beforehand.
WHITENOISE_AUTOREFRESH = True
