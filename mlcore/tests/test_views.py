import numpy as np
import pytest

from mlcore.views import Views


@pytest.fixture
def faces() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, 48, 48), dtype=np.uint8)


def test_the_face_itself_comes_first_and_its_mirror_image_second(faces: np.ndarray) -> None:
    looks = Views(flip=True, zooms=(1.0, 1.2)).of(faces)

    assert len(looks) == 4
    assert (looks[0] == faces).all()
    assert (looks[1] == faces[:, :, ::-1]).all()
    assert (looks[3] == looks[2][:, :, ::-1]).all()
    assert len(Views(flip=False).of(faces)) == 1


def test_a_zoom_keeps_the_centre_and_enlarges_about_it() -> None:
    face = np.zeros((1, 49, 49), np.uint8)
    face[0, 20:29, 20:29] = 255

    (_, zoomed) = Views(flip=False, zooms=(1.0, 2.0)).of(face)

    bright = zoomed[0] > 127
    assert bright.sum() == pytest.approx(4 * 81, rel=0.15)
    assert bright[24, 24]
    assert (bright == bright[::-1, ::-1]).all()


@pytest.mark.parametrize("zooms", [(), (1.1,), (1.1, 1.0), (1.0, 0.5)])
def test_the_face_as_it_is_comes_first_and_none_is_shrunk(zooms: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="the first is 1"):
        Views(zooms=zooms)


def test_colour_faces_are_looked_at_alike() -> None:
    faces = np.random.default_rng(1).integers(0, 256, (2, 24, 24, 3), dtype=np.uint8)

    assert {look.shape for look in Views(zooms=(1.0, 1.1)).of(faces)} == {faces.shape}
