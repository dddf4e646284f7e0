"""What went wrong between client and service, as the service said it."""

from typing import Any, Final

from voc.errors import VocError

NO_ANSWER: Final = 0


class ClientError(VocError):
    """A call that was refused, or not answered as the service answers.

    `status` is that of HTTP, 0 where no whole answer came; `code`, `field`, `options` and the message are those of the problem
    document. `retry_after_s` is how long the service asks to wait, None where it does not say. None of it quotes a customer.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = NO_ANSWER,
        code: str,
        field: str | None = None,
        options: tuple[str, ...] = (),
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, code=code, field=field, options=options)
        self.status = status
        self.retry_after_s = retry_after_s


def refusal(status: int, document: Any, retry_after: str | None) -> ClientError:
    """The error for an answer that is none of success; `document` is its JSON, None where it has none."""
    wait_s = float(retry_after) if retry_after and retry_after.isdecimal() else None
    if not isinstance(document, dict) or not isinstance(document.get("detail"), str):
        return ClientError(
            f"The answer is {status} and no problem document: is base_url that of the service?",
            status=status, code="unexpected_answer", retry_after_s=wait_s,
        )  # fmt: skip
    return ClientError(
        document["detail"],
        status=status,
        code=str(document.get("code", "error")),
        field=document.get("field"),
        options=tuple(document.get("options") or ()),
        retry_after_s=wait_s,
    )


def not_ours() -> ClientError:
    """The error for a success that does not hold what it should."""
    message = "The answer is none of this service, or of another version of it: is base_url right?"
    return ClientError(message, status=200, code="unexpected_answer")
