"""What follows when something about signing in changed."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.signals import password_reset
from django.dispatch import receiver

from accounts.models import User


@receiver(password_reset)
def forget_failed_sign_ins(user: User, **_: Any) -> None:
    get_adapter().failed_sign_ins_forget(user)
