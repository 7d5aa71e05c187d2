"""What others ask about accounts."""

import hmac
from datetime import datetime
from typing import NamedTuple, TypedDict

from allauth.account.models import EmailAddress
from allauth.socialaccount.providers import registry
from django.conf import settings

from accounts.models import ApiToken, Consent, User
from accounts.services import key_digest


class Address(NamedTuple):
    email: str
    verified: bool


class ConsentState(TypedDict):
    required_version: str
    given_version: str | None
    given_at: datetime | None


def consent_state(user: User) -> ConsentState:
    """Which notice one must agree to here, and which one this person agreed to last."""
    given = Consent.objects.visible_to(user).filter(withdrawn_at=None).first()
    return {
        "required_version": settings.CONSENT_VERSION,
        "given_version": given.version if given else None,
        "given_at": given.given_at if given else None,
    }


def primary_address(user: User) -> Address:
    """Where mails go; empty if the person gave none."""
    address = EmailAddress.objects.get_primary(user)
    if address is None:
        return Address(user.email, False)
    return Address(address.email, address.verified)


def token_by_key(key: str) -> ApiToken | None:
    """The token with this key, its person included.

    Found by its digest, whose comparison in the database tells nothing about the key; compared
    once more in constant time, so that this does not rest on the database's collation.
    """
    digest = key_digest(key)
    token = ApiToken.objects.select_related("user").filter(digest=digest).first()
    return token if token and hmac.compare_digest(token.digest, digest) else None


def provider_choices() -> list[dict[str, str]]:
    """Through whom one may sign in, as [{id, name}]: those that the operator configured."""
    configured = [
        name for name, values in settings.SOCIALACCOUNT_PROVIDERS.items() if values["APPS"]
    ]
    listed = [{"id": name, "name": str(registry.get_class(name).name)} for name in configured]
    return sorted(listed, key=lambda provider: provider["name"])
