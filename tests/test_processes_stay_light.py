"""What the web process and a task's import load, seen from a fresh interpreter."""

import json
import subprocess
import sys

import pytest

HEAVY = ("tensorflow", "keras", "jax", "torch", "scipy", "matplotlib")
RECOGNITION_ONLY = ("dlib", "cv2", "ai_edge_litert")


def modules_after(code: str) -> set[str]:
    script = (
        f"{code}\nimport sys, json; print(json.dumps(sorted(m.split('.')[0] for m in sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    return set(json.loads(result.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("code", "barred"),
    [
        (
            "import ferproject.wsgi; from django.urls import get_resolver; get_resolver().url_patterns",
            HEAVY + RECOGNITION_ONLY,
        ),
        ("import ferproject.celery as c; c.app.loader.import_default_modules()", HEAVY),
        (
            "import django, os; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'ferproject.settings'); django.setup(); import recognition.tasks, recognition.pipeline",
            HEAVY + RECOGNITION_ONLY,
        ),
        (
            "import django, os; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'ferproject.settings'); django.setup(); from recognition.pipeline import current_recognizer; current_recognizer()",
            HEAVY,
        ),
    ],
    ids=["web process", "worker", "task", "recogniser"],
)
def test_nothing_heavy_is_imported(code: str, barred: tuple[str, ...]) -> None:
    assert modules_after(code) & set(barred) == set()
