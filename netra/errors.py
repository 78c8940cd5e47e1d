"""Everything that can go wrong, as one tree:

    NetraError
    ├── ConfigurationError (also ValueError)        the client cannot be set up like this
    ├── NotInitializedError (also RuntimeError)     no client, or a closed one
    ├── InvalidRequestError (also ValueError)       refused before anything was sent
    ├── APIConnectionError                          no usable response arrived
    │   └── APITimeoutError                         … in time
    ├── APIStatusError                              a response that is not a success (2xx)
    │   ├── BadRequestError             400
    │   ├── AuthenticationError         401
    │   ├── PermissionDeniedError       403
    │   ├── NotFoundError               404
    │   ├── ConflictError               409
    │   ├── UnprocessableEntityError    422
    │   ├── RateLimitError              429
    │   └── ServerError                 5xx
    ├── APIResponseValidationError                  a success, but not what the contract promises
    └── PaginationError                             the pages cannot be completed

All are picklable. `str(error)` says what was asked, what came and what to do; it never holds the API key.
"""

from __future__ import annotations

import copyreg
from typing import Any

__all__ = [
    "APIConnectionError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ConfigurationError",
    "ConflictError",
    "InvalidRequestError",
    "NetraError",
    "NotFoundError",
    "NotInitializedError",
    "PaginationError",
    "PermissionDeniedError",
    "RateLimitError",
    "ServerError",
    "UnprocessableEntityError",
]


class NetraError(Exception):
    """The root of all errors of this package.

    Example:
        >>> try:
        ...     for trace in Netra.usage.iter_traces(start, end):
        ...         export(trace)
        ... except NetraError as error:
        ...     resume_later(cursor=error.cursor)
    """

    attempts: int = 0
    """How many attempts were made: 1 for the first; 0 when nothing was sent."""
    cursor: str | None = None
    """Inside an iteration: the resume point. Pass it as `cursor=` to go on with exactly the rows that are missing;
    None means that no row was emitted."""

    _is_final = False
    """Whether another attempt would end in the same way, though this kind of error may pass."""
    _is_too_large = False
    """Whether a smaller page may be read instead."""

    def __reduce__(self) -> Any:
        # Exception's own way calls __init__ with `args` alone, which loses keyword arguments.
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class ConfigurationError(NetraError, ValueError):
    """The client cannot be set up like this. The message names the argument or the environment variable.

    Example:
        >>> try:
        ...     Netra.init(app_name="billing")
        ... except ConfigurationError as error:
        ...     sys.exit(str(error))
    """


class NotInitializedError(NetraError, RuntimeError):
    """There is no default client (call `Netra.init`), or this client is closed.

    Example:
        >>> if not Netra.is_initialized():
        ...     Netra.init(app_name="billing")
    """


class InvalidRequestError(NetraError, ValueError):
    """An argument does not make sense. Nothing was sent.

    Example:
        >>> Netra.usage.list_traces(start, end, limit=0)
        InvalidRequestError: limit=0 must be an integer from 1 to 100: it is the page size.
    """


class APIConnectionError(NetraError):
    """No usable response arrived: no connection, a broken one, or a body that could not be read to its end.

    Example:
        >>> try:
        ...     usage = Netra.usage.get_tenant_usage("AceTech", start, end)
        ... except APIConnectionError:
        ...     ask_again_later()
    """


class APITimeoutError(APIConnectionError):
    """No response arrived in time.

    Example:
        >>> Netra.init(app_name="billing", timeout=60)  # seconds; or NETRA_USAGE_TIMEOUT=60
    """


class APIStatusError(NetraError):
    """The service, or a proxy before it, responded with a status that is not a success (2xx).

    Redirects belong here too: they are not followed, because that would show the API key to another address.

    Example:
        >>> except APIStatusError as error:
        ...     log.error("%s (%s)", error, error.request_id)
    """

    status_code: int
    """The HTTP status, also when no registry knows it (499, 520, 598)."""
    body: str
    """The beginning of the response's body, as text."""
    request_id: str | None
    """The service's identifier of this request, for its support; None if it sent none."""
    retry_after: float | None
    """How many seconds the service asks to wait before the next attempt; None if it did not say."""

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        body: str = "",
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.body = body
        self.request_id = request_id
        self.retry_after = retry_after


class BadRequestError(APIStatusError):
    """400: the service refused the request; the message holds its reason.

    Example:
        >>> except BadRequestError as error:
        ...     print(error)  # holds the service's own words
    """


class AuthenticationError(APIStatusError):
    """401: no API key, or not a valid one.

    Example:
        >>> except AuthenticationError:
        ...     sys.exit("check NETRA_API_KEY")
    """


class PermissionDeniedError(APIStatusError):
    """403: the API key does not allow this.

    Example:
        >>> except PermissionDeniedError:
        ...     sys.exit("this key may not read usage")
    """


class NotFoundError(APIStatusError):
    """404: there is no such thing, or the endpoint is not the service's.

    Example:
        >>> except NotFoundError:
        ...     spans = []
    """


class ConflictError(APIStatusError):
    """409: the request collides with another one.

    Example:
        >>> except ConflictError:
        ...     ask_again_later()
    """


class UnprocessableEntityError(APIStatusError):
    """422: the request is well-formed, but the service cannot act on it.

    Example:
        >>> except UnprocessableEntityError as error:
        ...     print(error)  # holds the service's own words
    """


class RateLimitError(APIStatusError):
    """429: too many requests; `retry_after` may say how long to wait.

    Example:
        >>> except RateLimitError as error:
        ...     time.sleep(error.retry_after or 1)
    """


class ServerError(APIStatusError):
    """5xx: the service or a proxy before it failed.

    Example:
        >>> except ServerError as error:
        ...     go_on_later(cursor=error.cursor)
    """


class APIResponseValidationError(NetraError):
    """The response is a success (2xx), but not what the contract promises. The message names the place in the body.

    One reason is a response with another id than the one that was asked for: it belongs to another request.

    Example:
        >>> except APIResponseValidationError as error:
        ...     report(str(error), error.body, error.request_id)
    """

    body: str
    """The beginning of the response's body, as text."""
    request_id: str | None
    """The service's identifier of this request, for its support; None if it sent none."""

    def __init__(self, message: str, *, body: str = "", request_id: str | None = None) -> None:
        super().__init__(message)
        self.body = body
        self.request_id = request_id


class PaginationError(NetraError):
    """The pages cannot be completed: more follow, but their cursor is missing, or was already used.

    Example:
        >>> except PaginationError as error:
        ...     print("complete up to", error.cursor)
    """


STATUS_ERRORS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def error_class_for(status: int) -> type[APIStatusError]:
    """The class for a status that is not a success."""
    return STATUS_ERRORS.get(status, ServerError if 500 <= status <= 599 else APIStatusError)
