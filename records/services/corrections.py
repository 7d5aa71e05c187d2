"""What people say that a face shows, kept beside the machine's answer."""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from mlcore.boxes import Box, iou
from records.models import Face, Record

SAME_FACE_IOU = 0.5
"""Boxes of two recognitions of one picture that share this much of their union are one face's."""


def face_correct(*, face: Face, by: User, expression: str) -> Face:
    """Say what a face shows. Saying what the machine says, too, is a correction: it agrees.

    Raises:
        Face.DoesNotExist: it was deleted, or replaced when its record was recognised again.
    """
    return _write(face, expression, by)


def face_uncorrect(*, face: Face) -> Face:
    """Take a correction back; nothing happens where there is none.

    Raises:
        Face.DoesNotExist: as for `face_correct`.
    """
    return _write(face, "", None)


def strongest_face(faces: Iterable[Face]) -> Face | None:
    """The face that speaks for its picture, of its faces in their order.

    A blurred face's 90 % must not speak where a sharp one says 80 %.
    """
    return max(faces, key=lambda face: (not face.uncertain, face.probability), default=None)


def corrections_carry_over(*, old: Iterable[Face], new: Sequence[Face]) -> None:
    """Give faces that were recognised anew, not saved yet, the corrections of the ones before.

    A correction stays with the new face whose box overlaps the old one's most, by an intersection
    over union of 0.5 or more; it is dropped where there is none, for then nobody can say that it is
    about a face that is still there. Each face gives and gets one at most, the best match first.
    """
    pairs = sorted(
        (
            (iou(_box(before), _box(after)), before, after)
            for before in old
            if before.corrected_expression
            for after in new
        ),
        key=lambda pair: -pair[0],
    )
    matched: set[object] = set()
    for overlap, before, after in pairs:
        if overlap < SAME_FACE_IOU or matched & {before.pk, after.pk}:
            continue
        matched |= {before.pk, after.pk}
        after.corrected_expression = before.corrected_expression
        after.corrected_by_id = before.corrected_by_id
        after.corrected_at = before.corrected_at


def corrections_count(*, record: Record, faces: Sequence[Face]) -> None:
    """Set what lists show of the corrections of a record's faces; the caller saves it."""
    strongest = strongest_face(faces)
    record.corrections = sum(bool(face.corrected_expression) for face in faces)
    record.corrected_expression = strongest.corrected_expression if strongest else ""


def _write(face: Face, expression: str, by: User | None) -> Face:
    with transaction.atomic():
        # The record is locked, not the face: a worker may be replacing its faces.
        record = Record.objects.select_for_update().filter(pk=face.record_id).first()
        faces: list[Face] = list(
            Face.objects.filter(record=record).defer("explanation").order_by("index")
        )
        written = next((other for other in faces if other.pk == face.pk), None)
        if record is None or written is None:
            raise Face.DoesNotExist
        written.corrected_expression = expression
        written.corrected_by = by
        written.corrected_at = timezone.now() if expression else None
        written.save(update_fields=["corrected_expression", "corrected_by", "corrected_at"])
        corrections_count(record=record, faces=faces)
        record.save(update_fields=["corrections", "corrected_expression"])
    return written


def _box(face: Face) -> Box:
    return Box(face.x, face.y, face.width, face.height)
