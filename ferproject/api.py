"""The API's router: /api/v1/."""

from typing import Any

from django.conf import settings
from django.urls import include, path, re_path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.selectors import provider_choices
from ferproject.common.problems import not_found
from mlcore.labels import EXPRESSIONS
from recognition.api.films import RATES
from recognition.detectors import detector_choices
from recognition.films.cleaning import EXTENSIONS
from recognition.live.frames import live_detectors
from recognition.purposes import purpose_choices
from records.names import NAME_MAX_LENGTH


class LimitsSerializer(serializers.Serializer[Any]):
    username_min_length = serializers.IntegerField()
    password_min_length = serializers.IntegerField()
    picture_max_bytes = serializers.IntegerField()
    pictures_per_upload = serializers.IntegerField()
    name_max_length = serializers.IntegerField()


class LiveLimitsSerializer(serializers.Serializer[Any]):
    frame_max_bytes = serializers.IntegerField()
    frame_max_side = serializers.IntegerField(help_text="in pixels")
    samples_per_call = serializers.IntegerField()
    detectors = serializers.ListField(
        child=serializers.CharField(), help_text="what may find the faces before a camera"
    )


class FilmLimitsSerializer(serializers.Serializer[Any]):
    max_bytes = serializers.IntegerField()
    max_seconds = serializers.IntegerField()
    max_side = serializers.IntegerField(help_text="in pixels")
    piece_max_bytes = serializers.IntegerField()
    rates = serializers.ListField(
        child=serializers.IntegerField(), help_text="samples a second; 0 for every frame"
    )
    content_types = serializers.ListField(child=serializers.CharField())


class ProviderSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()


class PurposeSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    banned = serializers.BooleanField(help_text="an upload for it is refused")
    why = serializers.CharField(help_text="it is banned; else empty")


class ConfigSerializer(serializers.Serializer[Any]):
    version = serializers.CharField()
    expressions = serializers.ListField(child=serializers.CharField())
    detectors = serializers.ListField(
        child=serializers.CharField(), help_text="what may find the faces of an upload"
    )
    detector = serializers.CharField(help_text="what does, unless another is asked for")
    limits = LimitsSerializer()
    live = LiveLimitsSerializer()
    film = FilmLimitsSerializer()
    mail = serializers.BooleanField(
        help_text="whether this site can send mail to people; if not, its operator reads the mails"
    )
    providers = ProviderSerializer(many=True, help_text="through whom one may sign in as well")
    consent_version = serializers.CharField(help_text="of the notice to agree to, see /consent/")
    purposes = PurposeSerializer(many=True, help_text="what an upload may be for; may be empty")
    purpose_required = serializers.BooleanField()


class ConfigView(APIView):
    """What a client should know before anyone signs in."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(responses=ConfigSerializer)
    def get(self, request: Request) -> Response:
        limits = {
            "username_min_length": settings.USERNAME_MIN_LENGTH,
            "password_min_length": settings.PASSWORD_MIN_LENGTH,
            "picture_max_bytes": settings.PICTURE_MAX_BYTES,
            "pictures_per_upload": settings.PICTURES_PER_UPLOAD,
            "name_max_length": NAME_MAX_LENGTH,
        }
        return Response(
            {
                "version": settings.VERSION,
                "expressions": EXPRESSIONS,
                "detectors": detector_choices(),
                "detector": settings.DETECTOR,
                "limits": limits,
                "live": {
                    "frame_max_bytes": settings.LIVE_FRAME_MAX_BYTES,
                    "frame_max_side": settings.LIVE_FRAME_MAX_SIDE,
                    "samples_per_call": settings.LIVE_SAMPLES_PER_CALL,
                    "detectors": live_detectors(),
                },
                "film": {
                    "max_bytes": settings.FILM_MAX_BYTES,
                    "max_seconds": settings.FILM_MAX_SECONDS,
                    "max_side": settings.FILM_MAX_SIDE,
                    "piece_max_bytes": settings.FILM_PIECE_MAX_BYTES,
                    "rates": RATES,
                    "content_types": [kind for _, kind in EXTENSIONS.values()],
                },
                "mail": settings.MAIL_REACHES_PEOPLE,
                "providers": provider_choices(),
                "consent_version": settings.CONSENT_VERSION,
                "purposes": [purpose._asdict() for purpose in purpose_choices()],
                "purpose_required": settings.PURPOSE_REQUIRED,
            }
        )


public = {"authentication_classes": [], "permission_classes": [AllowAny]}

app_name = "api"
urlpatterns = [
    path("config/", ConfigView.as_view(), name="config"),
    path("schema/", SpectacularAPIView.as_view(**public), name="schema"),
    path(
        "docs/", SpectacularSwaggerSplitView.as_view(url_name="api:schema", **public), name="docs"
    ),
    path("", include("accounts.api.urls")),
    path("", include("accounts.api.privacy_urls")),
    # Before the records, whose addresses end in anything.
    path("", include("recognition.api.urls")),
    path("", include("records.api.urls")),
    re_path("", not_found),
]
