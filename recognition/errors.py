"""Errors that a person reads, each with a code that programs can rely on."""


class UploadError(Exception):
    """Something is wrong with what was uploaded; nothing was stored.

    Attributes:
        code: stable, snake_case.
        detail: a sentence for a person.
        too_large: whether size is what is wrong (HTTP 413).
    """

    def __init__(self, code: str, detail: str, *, too_large: bool = False) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.too_large = too_large


class RecognitionError(Exception):
    """A job cannot succeed, however often it is tried.

    Attributes:
        code: one of `records.failures.FAILURES`, which says it in the reader's language.
        detail: in English, to be stored; may say more.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class ConflictError(Exception):
    """What was asked for does not go with what is there now; nothing was changed."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
