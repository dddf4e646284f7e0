"""Everything that can go wrong, said so that a person can put it right.

An error names the thing, shows the offending setting or header (never a customer's words), lists what would be right
and says what to do. One base class; the API turns it into an RFC 9457 problem document, the command into one line.
"""

import traceback
from pathlib import Path

_FRAMES = 6  # enough to see who called whom in our own code


class VocError(Exception):
    """The base of all errors that are meant for a user.

    `code` is a stable slug; `field` names the input, setting or column at fault; `options` lists what would be right.
    """

    code = "error"
    status = 400

    def __init__(
        self, message: str, *, code: str | None = None, field: str | None = None, options: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.field = field
        self.options = options


class InputError(VocError):
    """A file, a row or a request that cannot be taken as it is."""

    code = "invalid_input"
    status = 422


class TooLargeError(InputError):
    """More than the configured limit allows."""

    code = "too_large"
    status = 413


class TooSlowError(InputError):
    """A request that does not come to its end."""

    code = "too_slow"
    status = 408


class QueryError(InputError):
    """A query in a language of others that does not follow its rules; `message` says where, and quotes no value."""

    code = "bad_query"
    status = 400


class UnsupportedError(VocError):
    """What a standard knows and this service does not do."""

    code = "not_supported"
    status = 501


class NotFoundError(VocError):
    """Something asked for by name or id that is not there."""

    code = "not_found"
    status = 404


class GoneError(VocError):
    """Something that was there and is not any more."""

    code = "gone"
    status = 410


class ConflictError(VocError):
    """A request that contradicts an earlier one."""

    code = "conflict"
    status = 409


class SettingsError(VocError):
    """A setting that cannot be used."""

    code = "invalid_setting"
    status = 500


class ModelError(VocError):
    """A model that is not there or is not one of ours."""

    code = "invalid_model"
    status = 500


class ClusterError(VocError):
    """A Ray cluster that cannot be reached, or has nobody to tag."""

    code = "cluster_unavailable"
    status = 503


class StoreError(VocError):
    """A database that cannot be opened, read or written."""

    code = "store_unavailable"
    status = 503


class DiskFullError(StoreError):
    """A disk without room for what was to be written; nothing of it is stored."""

    code = "disk_full"
    status = 507


def whereabouts(error: BaseException) -> str:
    """The kind of an unforeseen error and the lines of code that it passed through; its message might quote a customer.

    Files are named without where they are, which is nobody's affair who asks a service how it is.
    """
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return f"{type(error).__name__} at " + " < ".join(
        f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames)
    )
