"""What the codes of failures mean, in the reader's language.

A worker knows no reader: it stores a code and an English sentence, which may say more (which file,
which model). Whoever reads English gets that sentence; others get what the code says.
"""

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

FAILURES = {
    "picture_missing": _("The picture is no longer there."),
    "picture_not_kept": _("The picture was not kept."),
    "picture_unreadable": _("The stored picture can no longer be read."),
    "consent_withdrawn": _("The consent was withdrawn before this was recognised."),
    "detector_unavailable": _("The face detector that was asked for cannot run on this server."),
    "classifier_unavailable": _(
        "What should recognise the expressions cannot run on this server; its operator can help."
    ),
    "model_unavailable": _("The model that was asked for is no longer there."),
    "recognition_failed": _("The recognition failed for a reason that the server's log names."),
    "explanation_failed": _("The explanation failed for a reason that the server's log names."),
    "film_missing": _("The film is no longer there."),
    "film_not_kept": _("The film was not kept."),
    "film_took_too_long": _("The film took longer than this server allows."),
    "not_a_film": _("The stored film can no longer be read."),
    "no_video_stream": _("The stored film can no longer be read."),
    "film_unreadable": _("The film is damaged, or of a kind that is not read."),
    "film_too_long": _("The film is longer than this server takes."),
    "film_too_large": _("The film is larger than this server takes."),
    "film_too_fast": _("The film has more frames a second than this server takes."),
    "film_stalled": _("The film could not be read: its decoder did nothing any more."),
    "film_crashed": _("The film could not be read: its decoder failed."),
    "worker_lost": _("The recognition was interrupted several times and was given up."),
}


def failure_detail(*, code: str, stored: str) -> str:
    """The sentence for a person.

    Args:
        code: of `Record.error_code` and its like; one that is not known here, such as of a record
            from elsewhere, leaves the stored sentence.
        stored: in English.
    """
    reads_english = (get_language() or "en").split("-")[0] == "en"
    if code not in FAILURES or (reads_english and stored):
        return stored
    return str(FAILURES[code])
