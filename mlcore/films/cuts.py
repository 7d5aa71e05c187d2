"""Where one shot ends and the next begins."""

from collections import deque

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

GRID = (9, 16)
"""Rows and columns of cells whose mean levels are compared."""

LEAST_CHANGE = 9.0
"""Grey levels by which the cells of two shots differ, at least, in their mean."""

ABOVE_MOTION = 4.0
"""How many times as much as the frames before it changed, in their median, a cut changes."""

CHANGED, CHANGED_SHARE = 4.0, 0.6
"""By so many levels, besides what all cells have in common, so large a share of the cells changes:
a person who comes or goes within a frame, however near, changes fewer than a cut."""

BLACK = 24.0
"""A cell darker than this in both frames, as a bar beside the picture is, is not counted there."""

MEMORY = 8
"""Frames before it that a frame is compared with."""


class CutFinder:
    """Tells cuts from motion: all of the picture changes, from one frame to the next.

    A change of the light alone, such as a photographer's flash, is none. Nor is a dissolve found,
    which has no frame at which it happens.
    """

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None
        self._changes: deque[float] = deque(maxlen=MEMORY)

    def is_cut(self, frame: VideoFrame) -> bool:
        """Whether a new shot begins with this frame; call it with every frame."""
        cells = _cells(frame)
        before, self._before = self._before, cells
        if before is None or before.shape != cells.shape:
            return before is not None
        differences = cells - before
        own = differences - differences.mean(axis=(1, 2), keepdims=True)
        change = float(np.abs(own).mean())
        usual = float(np.median(self._changes)) if self._changes else 0.0
        least = max(LEAST_CHANGE, ABOVE_MOTION * usual)
        if change < least or _changed(differences, np.maximum(before[0], cells[0])) < CHANGED_SHARE:
            self._changes.append(change)
            return False
        # What a cut changes says nothing about the next shot's motion.
        self._changes.clear()
        return True


def _changed(differences: NDArray[np.float32], light: NDArray[np.float32]) -> float:
    """The share of the cells that are not black of which one plane changes."""
    # The median and not the mean, which a large face that comes moves in all cells.
    own = differences - np.median(differences, axis=(1, 2), keepdims=True)
    changed = (np.abs(own) >= CHANGED).any(axis=0)[light >= BLACK]
    return float(changed.mean()) if changed.size else 0.0


_PLANAR = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p")


def _cells(frame: VideoFrame) -> NDArray[np.float32]:
    """(3, rows, columns): mean levels of the cells of each plane."""
    small = frame.width < 8 * GRID[1] or frame.height < 8 * GRID[0]
    if small or frame.format.name not in _PLANAR:
        frame = frame.reformat(width=8 * GRID[1], height=8 * GRID[0], format="yuv444p")
    parts = []
    for plane in frame.planes:
        pixels = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * plane.height]
        parts.append(_means(pixels.reshape(plane.height, plane.line_size)[:, : plane.width]))
    return np.stack(parts)


def _means(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean levels of four by four pixels of each cell."""
    down, right = (side // (4 * cells) for side, cells in zip(pixels.shape, GRID, strict=True))
    some = pixels[down // 2 :: down, right // 2 :: right][: 4 * GRID[0], : 4 * GRID[1]]
    cells = some.reshape(GRID[0], 4, GRID[1], 4)
    return np.asarray(cells.mean(axis=(1, 3), dtype=np.float32))
