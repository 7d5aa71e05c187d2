"""That what an operator mistyped is named before anybody signs in."""

from typing import Any

import pytest
from django.core.checks import run_checks


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("DETECTOR", "nonsense", "fer.E007"),
        ("UPLOAD_RATE", "lots", "fer.E008"),
        ("UPLOAD_RATE", "240/fortnight", "fer.E008"),
        ("UPLOAD_RATE", "many/min", "fer.E008"),
    ],
)
def test_a_wrong_value_is_named(settings: Any, name: str, value: str, code: str) -> None:
    setattr(settings, name, value)

    (error,) = [one for one in run_checks() if one.id == code]

    assert f"{name}={value}" in error.msg


@pytest.mark.parametrize("rate", ["240/min", "20/sec", "1000/hour", "1/d"])
def test_rates_that_are_understood(settings: Any, rate: str) -> None:
    settings.UPLOAD_RATE = rate

    assert not [one for one in run_checks() if one.id == "fer.E008"]
