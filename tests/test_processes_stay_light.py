"""What the web process and a task's import load, seen from a fresh interpreter."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SETTINGS = "ferproject.settings"
HEAVY = ("tensorflow", "keras", "jax", "torch", "scipy", "matplotlib")
RECOGNITION_ONLY = ("dlib", "cv2", "ai_edge_litert")


SETUP = """
import os, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ferproject.settings")
django.setup()
"""
REPORT = """
import json, sys
print(json.dumps([name.split(".")[0] for name in sys.modules]))
"""

WEB = "import ferproject.wsgi; import ferproject.urls, ferproject.api"
WORKER = "from ferproject.celery import app; app.loader.import_default_modules()"
TASK = SETUP + "import recognition.tasks, recognition.pipeline"
RECOGNIZER = "from mlcore.recognizer import get_recognizer; get_recognizer(); import django"
AUTO = """
from mlcore import classifiers
from mlcore.recognizer import get_recognizer
classifiers.GPU_DEVICES = ()  # whatever this machine has
get_recognizer(classifier="auto")
import django
"""


CAMERA = (
    SETUP
    + """
from django.core.management import call_command
call_command("migrate", verbosity=0)
from recognition.live.frames import engine
engine("dlib_and_yunet")
"""
)


def modules_after(code: str, **environment: str) -> set[str]:
    """The top-level modules of a fresh interpreter that ran `code`."""
    result = subprocess.run(
        [sys.executable, "-c", f"{code}\n{REPORT}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={**os.environ, **environment},
    )
    return set(json.loads(result.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("code", "barred"),
    [
        pytest.param(WEB, HEAVY + RECOGNITION_ONLY, id="web process"),
        pytest.param(WORKER, HEAVY, id="worker"),
        pytest.param(TASK, HEAVY + RECOGNITION_ONLY, id="task"),
        pytest.param(RECOGNIZER, HEAVY, id="recogniser"),
        pytest.param(AUTO, HEAVY, id="recogniser that looks for a GPU"),
    ],
)
def test_nothing_heavy_is_imported(code: str, barred: tuple[str, ...]) -> None:
    modules = modules_after(code)

    assert "django" in modules
    assert modules & set(barred) == set()


@pytest.mark.parametrize(
    ("code", "barred"),
    [
        pytest.param(WEB, HEAVY + RECOGNITION_ONLY, id="web process"),
        pytest.param(WORKER, HEAVY, id="worker"),
    ],
)
def test_tensorflow_waits_for_the_first_face(code: str, barred: tuple[str, ...]) -> None:
    """Where it is to serve: in the worker's child, and only there."""
    modules = modules_after(code, CLASSIFIER="tensorflow")

    assert "django" in modules
    assert modules & set(barred) == set()


def test_a_camera_never_loads_tensorflow_into_the_web_process(tmp_path: Path) -> None:
    modules = modules_after(
        CAMERA, CLASSIFIER="tensorflow", DATA_DIR=str(tmp_path), DJANGO_SETTINGS_MODULE=SETTINGS
    )

    assert modules >= {"dlib", "ai_edge_litert"}
    assert modules & {"tensorflow", "keras"} == set()
