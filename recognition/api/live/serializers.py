from typing import Any

from django.conf import settings
from rest_framework import serializers

from mlcore.labels import EXPRESSIONS
from recognition.models import LiveSession
from records.api.serializers.faces import BoxSerializer, ProbabilitiesSerializer
from records.api.serializers.fields import NameField
from records.api.serializers.timelines import MARKS_MAX, MarkSerializer, PracticeRoundsSerializer
from records.models import Media
from records.timelines import TIME_MAX

LIVE_KINDS = [Media.Kind.LIVE.value, Media.Kind.PRACTICE.value]


class LiveStartSerializer(serializers.Serializer[Any]):
    people_agreed = serializers.BooleanField(
        help_text="the people before the camera agreed; must be true"
    )
    purpose = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="as of an upload"
    )
    detector = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        help_text="of the `live.detectors` of /api/v1/config/; without it your own default where "
        "that can be used live, or the site's",
    )


class LiveSessionSerializer(serializers.ModelSerializer[LiveSession]):
    frame_max_bytes = serializers.SerializerMethodField()
    frame_max_side = serializers.SerializerMethodField()
    idle_seconds = serializers.SerializerMethodField(
        help_text="after so long without frames and samples it becomes a record, or goes if it has "
        "no samples"
    )

    class Meta:
        model = LiveSession
        fields = (
            *("id", "created_at", "frame_max_bytes", "frame_max_side", "idle_seconds"),
            *("detector", "model"),
        )

    def get_frame_max_bytes(self, session: LiveSession) -> int:
        return settings.LIVE_FRAME_MAX_BYTES

    def get_frame_max_side(self, session: LiveSession) -> int:
        return settings.LIVE_FRAME_MAX_SIDE

    def get_idle_seconds(self, session: LiveSession) -> int:
        return settings.LIVE_IDLE_SECONDS


class LiveFaceSerializer(serializers.Serializer[Any]):
    track = serializers.IntegerField(
        help_text="the face's number; it stays when the face moves or is away for half a second"
    )
    box = BoxSerializer()
    expression = serializers.ChoiceField(choices=EXPRESSIONS)
    probability = serializers.FloatField()
    probabilities = ProbabilitiesSerializer()
    quality = serializers.FloatField()
    quality_issues = serializers.ListField(child=serializers.CharField())
    uncertain = serializers.BooleanField(
        help_text="not to be relied on; also where the face was not found in this very frame"
    )


class TimingsSerializer(serializers.Serializer[Any]):
    """Milliseconds on the server."""

    wait = serializers.FloatField(help_text="for others' frames")
    decode = serializers.FloatField()
    detect = serializers.FloatField()
    classify = serializers.FloatField()
    total = serializers.FloatField(help_text="also for who sends it, and whether they may")


class FrameSerializer(serializers.Serializer[Any]):
    """What a frame shows; probabilities are of this frame alone."""

    time = serializers.FloatField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    detected = serializers.BooleanField(help_text="the whole frame was searched")
    faces = LiveFaceSerializer(many=True)
    timings = TimingsSerializer()


class SampleSerializer(serializers.Serializer[Any]):
    time = serializers.FloatField(min_value=0, max_value=TIME_MAX)
    track = serializers.IntegerField(min_value=0)
    box = serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4)
    probabilities = serializers.ListField(
        child=serializers.FloatField(min_value=0, max_value=1), min_length=7, max_length=7
    )
    quality = serializers.FloatField(min_value=0, max_value=1)
    uncertain = serializers.BooleanField()


class SamplesSerializer(serializers.Serializer[Any]):
    sequence = serializers.IntegerField(min_value=0, help_text="0, 1, 2, … of each call")
    samples = SampleSerializer(many=True)


class SequenceSerializer(serializers.Serializer[Any]):
    next = serializers.IntegerField(help_text="the sequence that is wanted next")


class LiveFinishSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=LIVE_KINDS, default=Media.Kind.LIVE.value)
    name = NameField(required=False, allow_blank=True, default="")
    marks = serializers.ListField(child=MarkSerializer(), max_length=MARKS_MAX, default=list)
    duration = serializers.FloatField(min_value=0, max_value=TIME_MAX)
    width = serializers.IntegerField(min_value=1, max_value=100_000, help_text="of the frames")
    height = serializers.IntegerField(min_value=1, max_value=100_000)
    practice = PracticeRoundsSerializer(required=False, allow_null=True, default=None)
