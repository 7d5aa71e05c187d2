"""A large account: its data export, with the memory that takes, and its deletion.

    .venv/bin/python -m benchmarks.personal_data [--records 5000]

In a data folder of its own, on SQLite unless DATABASE_URL names an empty database. Each record has
four files and a face; nothing is recognised, for that is not what is measured.
"""

import os
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.arguments import command_parser
from benchmarks.table import print_machine, print_table

PICTURE_BYTES = 50_000


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--records", type=int, default=5000)
    count = parser.parse_args().records
    print_machine()
    with tempfile.TemporaryDirectory(prefix="expression-lab-benchmark-") as folder:
        set_up(Path(folder))
        user = account_with(count)
        export = export_of(user)
        deletion = deletion_of(user, Path(folder))
    print_table(
        [f"an account with {count} records, {count * 4} files", ""],
        [*export, *deletion],
    )


def set_up(folder: Path) -> None:
    os.environ["DATA_DIR"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "ferproject.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def account_with(count: int) -> Any:
    from django.core.files.base import ContentFile
    from django.utils import timezone

    from accounts.models import User
    from mlcore.labels import EXPRESSIONS
    from recognition.models import Job
    from records.models import Face, Record
    from records.services import PictureFile, media_prepare

    user = User.objects.create_user("benchmark", password="correct horse battery")
    picture = PictureFile(
        "a.jpg", "jpg", "image/jpeg", os.urandom(PICTURE_BYTES), os.urandom(5000), 640, 480
    )
    now = timezone.now()
    media = [media_prepare(owner=user, picture=picture, consent_at=now) for _ in range(count)]
    records = [Record(owner=user, media=row, name="Somebody", state="done") for row in media]
    faces = []
    for record in records:
        record.annotated.save("annotated.jpg", ContentFile(picture.original), save=False)
        face = Face(record=record, index=0, x=1, y=1, width=9, height=9, detection_score=1)
        face.expression, face.probability = "happy", 0.9
        face.probabilities = dict.fromkeys(EXPRESSIONS, 0.1)
        face.crop.save("face.png", ContentFile(picture.thumbnail), save=False)
        faces.append(face)
    type(media[0]).objects.bulk_create(media, batch_size=500)
    Record.objects.bulk_create(records, batch_size=500)
    Face.objects.bulk_create(faces, batch_size=500)
    jobs = [Job(owner=user, record=record, state="done", rung_at=now) for record in records]
    Job.objects.bulk_create(jobs, batch_size=500)
    return user


def export_of(user: Any) -> list[list[str]]:
    from accounts.data_exports import data_export_make, data_export_request

    before = peak_memory()
    started = time.monotonic()
    export = data_export_make(export_id=data_export_request(user=user).pk)
    seconds = time.monotonic() - started
    assert export is not None
    assert export.state == "done", export.state
    return [
        ["data export", f"{seconds:.1f} s"],
        ["its size", f"{export.size / 1e6:.0f} MB"],
        ["memory it added at its peak", f"{(peak_memory() - before) / 1e6:.0f} MB"],
    ]


def deletion_of(user: Any, folder: Path) -> list[list[str]]:
    from django.utils import timezone

    from accounts.deletion import account_delete, account_erase
    from accounts.models import User

    os.sync()  # or the database waits for the disk to take in the pictures made just now
    started, processor = time.monotonic(), time.process_time()
    is_gone = account_delete(user=user)
    in_request = time.monotonic() - started
    if not is_gone:
        User.objects.update(erase_at=timezone.now())
        assert account_erase(user_id=user.pk)
    seconds, processor = time.monotonic() - started, time.process_time() - processor
    assert not User.objects.exists()
    assert not [path for path in (folder / "media").rglob("*") if path.is_file()]
    return [
        ["deletion, until the person has the answer", f"{in_request:.1f} s"],
        ["deletion, until all is gone", f"{seconds:.1f} s"],
        ["processor time of that", f"{processor:.1f} s"],
    ]


def peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
