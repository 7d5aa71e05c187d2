from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import ApiToken, User
from accounts.preferences import detector_choices
from accounts.selectors import consent_state, primary_address
from accounts.validators import no_control_characters


class ConsentStateSerializer(serializers.Serializer[Any]):
    required_version = serializers.CharField(help_text="of the notice as it is now")
    given_version = serializers.CharField(allow_null=True, help_text="agreed to, not withdrawn")
    given_at = serializers.DateTimeField(allow_null=True)


class MeSerializer(serializers.ModelSerializer[User]):
    """The signed-in person and their settings."""

    display_name = serializers.CharField(
        max_length=120,
        allow_blank=True,
        required=False,
        validators=[no_control_characters],
        help_text="shown instead of the user name; may be empty",
    )
    detector = serializers.CharField(
        max_length=40,
        allow_blank=True,
        required=False,
        help_text="for uploads that name none, of the `detectors` of /api/v1/config/; "
        "empty: the site's own",
    )
    email = serializers.SerializerMethodField(help_text="the primary address; empty if none")
    email_verified = serializers.SerializerMethodField()
    has_password = serializers.BooleanField(source="has_usable_password", read_only=True)
    consent = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = (
            "id",
            "username",
            "display_name",
            "email",
            "email_verified",
            "language",
            "theme",
            "detector",
            "keep",
            "keep_days",
            "has_password",
            "is_staff",
            "consent",
        )
        read_only_fields = ("id", "username", "is_staff")

    def get_email(self, user: User) -> str:
        return primary_address(user).email

    def get_email_verified(self, user: User) -> bool:
        return primary_address(user).verified

    @extend_schema_field(ConsentStateSerializer)
    def get_consent(self, user: User) -> Any:
        return ConsentStateSerializer(consent_state(user)).data

    def validate_detector(self, name: str) -> str:
        if name and name not in (choices := detector_choices()):
            raise serializers.ValidationError(
                _("There is no face detector “%(name)s” here; choose %(choices)s.")
                % {"name": name, "choices": ", ".join(choices)},
                code="unknown_detector",
            )
        return name


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    name = serializers.CharField(
        max_length=60, validators=[no_control_characters], help_text="what you tell it by"
    )

    class Meta:
        model = ApiToken
        fields: tuple[str, ...] = ("id", "name", "hint", "created_at", "last_used_at")
        read_only_fields = ("id", "hint", "created_at", "last_used_at")


class NewTokenSerializer(TokenSerializer):
    key = serializers.CharField(read_only=True, help_text="shown this once")

    class Meta(TokenSerializer.Meta):
        fields = (*TokenSerializer.Meta.fields, "key")
