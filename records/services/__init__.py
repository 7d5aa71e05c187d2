"""Every write of records, by topic."""

from records.services.corrections import face_correct, face_uncorrect
from records.services.deletion import (
    discarded_records_delete,
    record_delete,
    records_discard,
    records_restore,
)
from records.services.editing import EditConflict, record_edit, unused_tags_delete
from records.services.importing import (
    ImportedRecord,
    PreparedImport,
    import_prepare,
    imports_store,
    is_known,
)
from records.services.storing import (
    ORPHAN_AGE,
    FaceResult,
    PictureFile,
    face_files,
    face_store_explanation,
    files_delete,
    media_files,
    media_forget_pictures,
    media_prepare,
    orphaned_files_delete,
    record_create,
    record_files,
    record_mark_failed,
    record_mark_queued,
    record_store_faces,
)
from records.services.timelines import (
    media_store_picture,
    timeline_append,
    timeline_begin,
    timeline_close,
    timeline_read,
)

__all__ = [
    "ORPHAN_AGE",
    "EditConflict",
    "FaceResult",
    "ImportedRecord",
    "PictureFile",
    "PreparedImport",
    "discarded_records_delete",
    "face_correct",
    "face_files",
    "face_store_explanation",
    "face_uncorrect",
    "files_delete",
    "import_prepare",
    "imports_store",
    "is_known",
    "media_files",
    "media_forget_pictures",
    "media_prepare",
    "media_store_picture",
    "orphaned_files_delete",
    "record_create",
    "record_delete",
    "record_edit",
    "record_files",
    "record_mark_failed",
    "record_mark_queued",
    "record_store_faces",
    "records_discard",
    "records_restore",
    "timeline_append",
    "timeline_begin",
    "timeline_close",
    "timeline_read",
    "unused_tags_delete",
]
