"""The measurements' command lines; what they measure is no test's matter."""

import importlib
import subprocess
import sys

import pytest

from mlcore.artifacts import PACKAGED_MODELS

FOLDER = PACKAGED_MODELS.parent.parent / "benchmarks"
NAMES = sorted(
    path.stem for path in FOLDER.glob("*.py") if 'if __name__ == "__main__"' in path.read_text()
)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.training) if name == "training" else name
        for name in NAMES
    ],
)
def test_help_says_what_is_measured_and_measures_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def start(*_: object, **__: object) -> None:
        raise AssertionError("it begins to measure")

    if name == "training":
        pytest.importorskip("keras")
    module = importlib.import_module(f"benchmarks.{name}")
    monkeypatch.setattr(subprocess.Popen, "__init__", start)
    for argument, code in (("--help", 0), ("--nonsense", 2)):
        monkeypatch.setattr(sys, "argv", [f"benchmarks/{name}.py", argument])
        with pytest.raises(SystemExit) as ended:
            module.main()
        assert ended.value.code == code
        said = capsys.readouterr()
        assert f"{said.out}{said.err}".startswith(f"usage: python -m benchmarks.{name} ")
        assert (module.__doc__.strip() in said.out) is (code == 0)
