import numpy as np

from mlcore.tiles import face_tile


def test_tiles_of_grey_and_of_rgb_faces_are_rgb() -> None:
    grey = face_tile(np.full((16, 12), 90, np.uint8), 24)
    red = face_tile(np.full((16, 12, 3), (200, 30, 10), np.uint8), 24)
    assert (grey.mode, grey.size, grey.getpixel((5, 5))) == ("RGB", (24, 24), (90, 90, 90))
    assert (red.mode, red.size, red.getpixel((5, 5))) == ("RGB", (24, 24), (200, 30, 10))
