"""What is wrong with a file that is no picture of ours, in the reader's language.

`mlcore` knows no languages: its errors carry a code and what their English sentence names.
"""

from django.utils.translation import gettext_lazy as _

from mlcore.errors import PictureError

_SENTENCES = {
    "empty_file": _("The file is empty."),
    "not_a_picture": _("This is %(kind)s; take a JPEG, PNG, WebP or BMP picture instead."),
    "unsupported_format": _(
        "This is %(kind)s, which is not read; take a JPEG, PNG, WebP or BMP picture instead."
    ),
    "picture_truncated": _("The picture is damaged or cut short."),
    "picture_too_many_pixels": _("The picture has more than %(millions)s million pixels."),
    "frame_too_big": _(
        "The picture is %(width)sx%(height)s pixels; no side may have more than %(side)s."
    ),
    "picture_too_small": _(
        "The picture is %(width)sx%(height)s pixels; each side must have %(side)s or more."
    ),
}

_KINDS = {
    "gif": _("a GIF"),
    "tiff": _("a TIFF"),
    "svg": _("an SVG drawing"),
    "avif": _("an AVIF picture"),
    "heic": _("a HEIC photo"),
    "video": _("a video"),
    "pdf": _("a PDF"),
    "text": _("a text"),
    "other": _("no picture"),
}


def picture_problem(error: PictureError) -> str:
    """The sentence for a person; in English it is the error's own."""
    sentence = _SENTENCES.get(error.code)
    if sentence is None:
        return str(error)
    values = dict(error.values)
    if "kind" in values:
        values["kind"] = str(_KINDS[values["kind"]])
    return str(sentence) % values
