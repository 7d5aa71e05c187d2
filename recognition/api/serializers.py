from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Keep
from mlcore.labels import EXPRESSIONS
from recognition.models import FilmWork, Job
from records.api.serializers.fields import NameField
from records.api.serializers.records import ErrorSerializer
from records.failures import failure_detail
from records.models import Media

UPLOAD_KINDS = [Media.Kind.PICTURE.value, Media.Kind.PHOTO.value]


class UploadSerializer(serializers.Serializer[Any]):
    """One or more pictures, and the word of the uploader that the people in them agreed."""

    files = serializers.ListField(child=serializers.FileField(), allow_empty=False)
    name = NameField(required=False, allow_blank=True, default="")
    consent = serializers.BooleanField(help_text="the people shown agreed; must be true")
    detector = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        help_text="what finds the faces, of the `detectors` of /api/v1/config/; "
        "without it your own default, or the site's",
    )
    kind = serializers.ChoiceField(
        choices=UPLOAD_KINDS,
        required=False,
        default=Media.Kind.PICTURE,
        help_text="photo: taken with the camera just now",
    )
    purpose = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        help_text="an id of the `purposes` of /api/v1/config/; required where it says so",
    )
    keep = serializers.ChoiceField(
        choices=Keep.choices,
        required=False,
        help_text="what stays once it is recognised; without it your own setting",
    )


class RecognizeAgainSerializer(serializers.Serializer[Any]):
    """With what a record is recognised again; all of it may be left out."""

    detector = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        help_text="of the `detectors` of /api/v1/config/; without it your own choice or the site's",
    )
    model = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        help_text="of /api/v1/models/: NAME@VERSION, or NAME for the newest of that name; without "
        "it the active one",
    )


class ModelSerializer(serializers.Serializer[Any]):
    """A trained model that may recognise."""

    name = serializers.CharField()
    version = serializers.CharField()
    active = serializers.BooleanField(help_text="recognises where none is asked for")


class ExplanationSerializer(serializers.Serializer[Any]):
    """What the model's answer for one expression rests on."""

    expression = serializers.ChoiceField(choices=EXPRESSIONS)
    probability = serializers.FloatField(
        min_value=0, max_value=1, help_text="of the uncovered face, without the model's zooms"
    )
    method = serializers.CharField(help_text="occlusion: the face was covered place by place")
    model_name = serializers.CharField()
    model_version = serializers.CharField()
    patch = serializers.FloatField(
        help_text="side of the square that covered it, as a share of the crop's side"
    )
    rows = serializers.IntegerField()
    columns = serializers.IntegerField()
    values = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(min_value=-1, max_value=1)),
        help_text="rows from the top, each from the left; they tile the crop. By how much the "
        "probability falls when the square centred on this cell is covered; below 0: it rises",
    )


class ExplanationQueuedSerializer(serializers.Serializer[Any]):
    state = serializers.CharField(help_text="queued")


class FilmProgressSerializer(serializers.ModelSerializer[FilmWork]):
    """How far the analysis of a film is."""

    seconds_left = serializers.SerializerMethodField(help_text="null as long as that is not known")

    class Meta:
        model = FilmWork
        fields = ("done_seconds", "duration", "frames", "faces", "seconds_left")
        read_only_fields = fields
        extra_kwargs = {"faces": {"help_text": "told apart so far, false ones too"}}

    def get_seconds_left(self, work: FilmWork) -> float | None:
        if not work.done_seconds:
            return None
        left = max(0.0, work.duration - work.done_seconds)
        return round(work.worked_seconds / work.done_seconds * left, 1)


class JobSerializer(serializers.ModelSerializer[Job]):
    detector = serializers.SerializerMethodField(
        help_text="the one that was asked for; null for the site's own"
    )
    model = serializers.SerializerMethodField(
        help_text="the one that was asked for, NAME@VERSION; null for the active one"
    )
    error = serializers.SerializerMethodField()
    film = serializers.SerializerMethodField(help_text="null where no film is analysed")

    class Meta:
        model = Job
        fields = (
            "id",
            "kind",
            "state",
            "progress",
            "film",
            "error",
            "record",
            "detector",
            "model",
            "created_at",
            "started_at",
            "finished_at",
        )
        read_only_fields = fields

    def get_detector(self, job: Job) -> str | None:
        return job.detector or None

    def get_model(self, job: Job) -> str | None:
        return job.model or None

    @extend_schema_field(FilmProgressSerializer(allow_null=True))
    def get_film(self, job: Job) -> dict[str, Any] | None:
        work = getattr(job, "film", None)
        return None if work is None else dict(FilmProgressSerializer(work).data)

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, job: Job) -> dict[str, str] | None:
        if not job.error_code:
            return None
        detail = failure_detail(code=job.error_code, stored=job.error_detail)
        return {"code": job.error_code, "detail": detail}


class CancelSerializer(serializers.Serializer[Any]):
    keep = serializers.BooleanField(
        required=False, default=False, help_text="keep what was analysed so far"
    )


class JobsSerializer(serializers.Serializer[Any]):
    jobs = JobSerializer(many=True)
