"""What lasts: a file, one recognition of it, the faces found, an owner's words, and what was shown
over time."""

from records.models.expressions import EXPRESSION_CHOICES, EXPRESSION_NAMES
from records.models.faces import Face, face_path
from records.models.media import Media, media_path, original_path
from records.models.records import Record, Tag, record_path
from records.models.timelines import SampleBlock, Timeline

__all__ = [
    "EXPRESSION_CHOICES",
    "EXPRESSION_NAMES",
    "Face",
    "Media",
    "Record",
    "SampleBlock",
    "Tag",
    "Timeline",
    "face_path",
    "media_path",
    "original_path",
    "record_path",
]
