"""Why one value of one row cannot be read: the reason of a Reject before its line and column are known."""


class RefusalError(ValueError):
    """A value that cannot be read as its field. `code` is a stable slug; the message never quotes free text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
