"""Sending mails to people, in the background."""

import logging

from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def mail_send(*, subject: str, body: str, to: list[str]) -> None:
    """Have a worker send a plain-text mail; without a broker it is sent here and now.

    Never raises: whoever caused the mail is not helped by its failure, which the log tells.
    """
    from accounts.tasks import send_mail

    try:
        send_mail.delay(subject=subject, body=body, to=to)
    except (OperationalError, OSError):
        logger.exception("The broker is away; a mail is sent without it")
        try:
            send_mail.run(subject=subject, body=body, to=to)
        except Exception:
            logger.exception("A mail could not be sent")
