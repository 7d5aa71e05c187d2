"""One loader per format that people download faces in. Each gives a `FaceDataset`."""

from mlcore.datasets.faces import FaceDataset
from mlcore.datasets.fer2013 import load_fer2013, load_ferplus_votes

__all__ = ["FaceDataset", "load_fer2013", "load_ferplus_votes"]
