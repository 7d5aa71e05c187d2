"""One loader per format that people download faces in. Each gives a `FaceDataset`."""

from mlcore.datasets.checks import DatasetCheck, check_dataset, check_text
from mlcore.datasets.ckplus import load_ckplus
from mlcore.datasets.ckplus48 import load_ckplus48
from mlcore.datasets.ckplus_csv import load_ckplus_csv
from mlcore.datasets.faces import FaceDataset
from mlcore.datasets.fer2013 import load_fer2013, load_ferplus_votes
from mlcore.datasets.folders import load_folders
from mlcore.datasets.importing import ImportReport
from mlcore.datasets.jaffe import load_jaffe
from mlcore.datasets.kinds import KINDS, detect_kind, load_dataset

__all__ = [
    "KINDS",
    "DatasetCheck",
    "FaceDataset",
    "ImportReport",
    "check_dataset",
    "check_text",
    "detect_kind",
    "load_ckplus",
    "load_ckplus48",
    "load_ckplus_csv",
    "load_dataset",
    "load_fer2013",
    "load_ferplus_votes",
    "load_folders",
    "load_jaffe",
]
