"""What can go wrong with faces and networks. Each message is one sentence with what and where."""


class MLCoreError(Exception):
    """The base of all errors that `mlcore` raises on purpose."""


class DatasetError(MLCoreError):
    """A file of training or test data is missing or is not what its format promises."""


class ArtifactError(MLCoreError):
    """A folder does not hold a whole trained model of a version that we read."""


class RecipeError(MLCoreError):
    """A recipe does not exist, or a field was given a value that it cannot take."""


class TrainingDependencyError(MLCoreError):
    """Keras or its backend is not installed; serving does without, training does not."""


class DetectorError(MLCoreError):
    """There is no face detector of that name."""


class ClassifierError(MLCoreError):
    """What should run the network does not exist, or cannot run here."""


class PictureError(MLCoreError):
    """Bytes are not a picture that we take.

    Attributes:
        code: stable and for programs; the message is for people. One of `empty_file`,
            `unreadable_file`, `not_a_picture`, `unsupported_format`, `picture_truncated`,
            `picture_too_many_pixels`, `frame_too_big`, `picture_too_small`.
        values: what the message names, as text, for whoever says it in another language:
            `kind` (see `mlcore.pictures`), `millions` of pixels, or `width`, `height` and `side`.
    """

    def __init__(self, code: str, message: str, **values: str) -> None:
        super().__init__(message)
        self.code = code
        self.values = values


class FilmError(MLCoreError):
    """A file is not a film that we take, or its decoder failed.

    Attributes:
        code: stable and for programs; `detail`, which is the message, is for people. One of
            `not_a_film`, `no_video_stream` (audio, a picture), `film_too_long`, `film_too_large`
            (its sides), `film_too_fast` (frames a second), `film_unreadable` (no frame at all),
            `film_stalled` (the decoder hangs), `film_crashed` (it died, or wanted more memory
            than it may have).
        values: what the message names, as text, for whoever says it in another language:
            `minutes`; `width`, `height` and `side`; `rate` and `limit`; `codec`.
    """

    def __init__(self, code: str, detail: str, **values: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.values = values
