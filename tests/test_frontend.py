"""The app's own tests, and that the committed build is the source's."""

import filecmp
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stack import ROOT

pytestmark = pytest.mark.stack

FRONTEND = ROOT / "frontend"
BUILT = ROOT / "static" / "app"


def test_formatted_typed_and_tested(run_npm: Callable[..., str], npm: str) -> None:
    output = run_npm(npm, "run", "check")

    assert "passed" in output


def test_the_committed_build_is_the_sources(
    run_npm: Callable[..., str], npm: str, tmp_path: Path
) -> None:
    """After a change that is meant: `make frontend`."""
    vite = (str(Path(npm).with_name("npx")), "vite", "build", "--logLevel", "warn")
    run_npm(*vite, "--outDir", str(tmp_path), "--emptyOutDir")

    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    committed = {str(path.relative_to(BUILT)) for path in BUILT.rglob("*") if path.is_file()}
    assert names == committed
    _, different, unreadable = filecmp.cmpfiles(tmp_path, BUILT, names, shallow=False)
    assert (different, unreadable) == ([], [])


def test_every_page_loads_less_than_200_kb_of_script() -> None:
    manifest = json.loads((BUILT / "manifest.json").read_text())

    def scripts(key: str) -> set[str]:
        chunk = manifest[key]
        return {chunk["file"]}.union(*(scripts(name) for name in chunk.get("imports", ())))

    entries = [key for key, chunk in manifest.items() if chunk.get("isEntry")]
    assert entries == ["src/main.ts"]
    start = scripts("src/main.ts")
    pages = [key for key in manifest if key.startswith("src/pages/")]
    assert len(pages) > 10
    for page in pages:
        files = start | scripts(page)
        size = sum(len(gzip.compress((BUILT / name).read_bytes())) for name in files)
        assert size < 200_000, (page, size)


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (FRONTEND / "package-lock.json").read_text()
