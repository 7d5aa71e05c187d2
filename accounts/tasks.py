"""What a worker does for accounts; but for mails, every task may run twice, and at any time."""

from celery import shared_task
from django.core.mail import EmailMessage

from accounts.data_exports import data_export_make, data_exports_ring_again, data_exports_sweep
from accounts.deletion import account_erase, accounts_erase_again

HOURS = 3600


@shared_task(autoretry_for=(OSError,), retry_backoff=5, max_retries=6)
def send_mail(subject: str, body: str, to: list[str]) -> None:
    """Tries for some five minutes if the mail server is away; SMTPException is an OSError."""
    EmailMessage(subject, body, to=to).send()


@shared_task(time_limit=6 * HOURS)
def make_data_export(export_id: int) -> None:
    """Longer than other tasks may take: there may be 100,000 pictures."""
    data_export_make(export_id=export_id)


@shared_task(time_limit=6 * HOURS)
def erase_account(user_id: int) -> None:
    account_erase(user_id=user_id)


@shared_task
def take_up_lost_work() -> None:
    """Twice a minute."""
    accounts_erase_again()
    data_exports_ring_again()


@shared_task
def delete_expired_data_exports() -> None:
    """Hourly."""
    data_exports_sweep()
