import pytest

from mlcore.recipes.base import Recipe

pytestmark = pytest.mark.training
pytest.importorskip("keras")

from mlcore.backend import keras  # noqa: E402
from mlcore.schedules import CosineThenCosine  # noqa: E402
from mlcore.training import _optimizer  # noqa: E402


def test_the_second_cosine_follows_the_first() -> None:
    first = keras.optimizers.schedules.CosineDecay(0.8, decay_steps=100)
    rate = CosineThenCosine(first, start=100, steps=40, peak=0.2)

    assert float(rate(0)) == pytest.approx(0.8)
    assert float(rate(50)) == pytest.approx(0.4, rel=1e-3)
    assert float(rate(99)) < 0.001
    assert float(rate(100)) == pytest.approx(0.2)
    assert float(rate(120)) == pytest.approx(0.1, rel=1e-3)
    assert float(rate(140)) == pytest.approx(0, abs=1e-6)
    assert float(rate(200)) == pytest.approx(0, abs=1e-6)


def test_an_optimizer_takes_it_and_saves_it() -> None:
    first = keras.optimizers.schedules.CosineDecay(0.8, decay_steps=100)
    optimizer = keras.optimizers.SGD(CosineThenCosine(first, 100, 40, 0.2))

    config = optimizer.get_config()["learning_rate"]["config"]

    assert (config["start"], config["steps"], config["peak"]) == (100, 40, 0.2)


@pytest.mark.parametrize(("epochs", "start"), [(44, 340), (10, 50), (1, None)])
def test_a_shortened_run_restarts_for_half_of_it_at_most(epochs: int, start: int | None) -> None:
    recipe = Recipe("mine", "compact_vgg", epochs=epochs, restart_epochs=10, restart_rate=0.02)

    rate = _optimizer(recipe, steps=10 * epochs).get_config()["learning_rate"]

    assert rate["config"].get("start") == start
