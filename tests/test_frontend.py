"""The app's own tests, and that the committed build is the source's."""

import filecmp
import os
import subprocess
from pathlib import Path

import pytest

from tests.stack import ROOT

pytestmark = pytest.mark.stack

FRONTEND = ROOT / "frontend"
BUILT = ROOT / "static" / "app"


def run(*command: str, seconds: int = 240) -> str:
    # Vite and its tools read NODE_ENV; the build must not depend on who runs it.
    env = {name: value for name, value in os.environ.items() if name not in {"NODE_ENV", "CI"}}
    result = subprocess.run(
        command, cwd=FRONTEND, env=env, capture_output=True, text=True, timeout=seconds
    )
    assert result.returncode == 0, (result.stdout + result.stderr)[-4000:]
    return result.stdout


@pytest.fixture(scope="module")
def npx(npm: str) -> str:
    """npx, with what package-lock.json names installed; once, until that file changes."""
    lock = FRONTEND / "package-lock.json"
    installed = FRONTEND / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        run(npm, "ci", "--no-audit", "--no-fund")
        installed.touch()
    return str(Path(npm).with_name("npx"))


def test_formatted_typed_and_tested(npx: str, npm: str) -> None:
    output = run(npm, "run", "check")

    assert "passed" in output


def test_the_committed_build_is_the_sources(npx: str, tmp_path: Path) -> None:
    """After a change that is meant: `make frontend`."""
    run(npx, "vite", "build", "--outDir", str(tmp_path), "--emptyOutDir", "--logLevel", "warn")

    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    committed = {str(path.relative_to(BUILT)) for path in BUILT.rglob("*") if path.is_file()}
    assert names == committed
    _, different, unreadable = filecmp.cmpfiles(tmp_path, BUILT, names, shallow=False)
    assert (different, unreadable) == ([], [])


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (FRONTEND / "package-lock.json").read_text()
