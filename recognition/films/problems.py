"""What is wrong with a file that is no film of ours, in the reader's language, and what films are
taken."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from mlcore.errors import FilmError
from mlcore.films.info import Limits

_SENTENCES = {
    "not_a_film": _("This is not a film that is read: MP4, MOV, WebM, MKV and AVI are."),
    "no_video_stream": _("The file has no pictures that move: it is a sound or a picture."),
    "film_too_long": _("The film is longer than %(minutes)s minutes."),
    "film_too_large": _(
        "The film has %(width)sx%(height)s pixels; no side may have more than %(side)s."
    ),
    "film_too_fast": _("The film has %(rate)s frames a second; no more than %(limit)s are taken."),
    "film_unreadable": _("The film is damaged, or of a kind that is not read."),
    "film_stalled": _("The film could not be read: its decoder did nothing any more."),
    "film_crashed": _("The film could not be read: its decoder failed."),
}

TOO_LARGE = {"film_too_long", "film_too_large", "film_too_fast"}


def film_problem(error: FilmError) -> str:
    """The sentence for a person."""
    sentence = _SENTENCES.get(error.code)
    if sentence is None:
        return error.detail
    try:
        return str(sentence) % error.values
    except KeyError:
        return error.detail


def film_limits() -> Limits:
    """What films are taken here, and what their decoder may use."""
    return Limits(
        duration=float(settings.FILM_MAX_SECONDS),
        side=settings.FILM_MAX_SIDE,
        memory=settings.FILM_DECODER_MEMORY,
    )
