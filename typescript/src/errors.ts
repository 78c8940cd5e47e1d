/**
 * Everything that can go wrong, as one tree:
 *
 *     NetraError
 *     ├── ConfigurationError                          the client cannot be set up like this
 *     ├── NotInitializedError                         no default client
 *     ├── InvalidRequestError                         refused before anything was sent
 *     ├── APIUserAbortError                           your AbortSignal ended the call
 *     ├── APIConnectionError                          no usable response arrived
 *     │   └── APITimeoutError                         … in time
 *     ├── APIStatusError                              a response that is not a success (2xx)
 *     │   ├── BadRequestError             400
 *     │   ├── AuthenticationError         401
 *     │   ├── PermissionDeniedError       403
 *     │   ├── NotFoundError               404
 *     │   ├── ConflictError               409
 *     │   ├── UnprocessableEntityError    422
 *     │   ├── RateLimitError              429
 *     │   └── ServerError                 5xx
 *     ├── APIResponseValidationError                  a success, but not what the contract promises
 *     └── PaginationError                             the pages cannot be completed
 *
 * A message says what was asked, what came and what to do. It never holds the API key.
 */

/** On the prototype, so that a stack trace and a minified program show the name, too. */
function setName(errorClass: { prototype: Error }, name: string): void {
  errorClass.prototype.name = name;
}

/**
 * The root of all errors of this package.
 *
 * @example
 * ```ts
 * try {
 *   for await (const trace of client.usage.iterTraces(window)) await store(trace);
 * } catch (error) {
 *   if (error instanceof NetraError) resumeLater(error.cursor);
 * }
 * ```
 */
export class NetraError extends Error {
  static {
    setName(NetraError, "NetraError");
  }
  /** How many attempts were made: 1 for the first; 0 when nothing was sent. */
  attempts = 0;
  /**
   * Inside an iteration: the resume point. Pass it as `cursor` to go on with exactly the rows that are missing;
   * null means that no row was emitted.
   */
  cursor: string | null = null;
}

/** The client cannot be set up like this. The message names the option or the environment variable. */
export class ConfigurationError extends NetraError {
  static {
    setName(ConfigurationError, "ConfigurationError");
  }
}

/** There is no default client: call `Netra.init`. */
export class NotInitializedError extends NetraError {
  static {
    setName(NotInitializedError, "NotInitializedError");
  }
}

/** An argument does not make sense. Nothing was sent. */
export class InvalidRequestError extends NetraError {
  static {
    setName(InvalidRequestError, "InvalidRequestError");
  }
}

/** Your `AbortSignal` ended the call. Nothing more is sent. */
export class APIUserAbortError extends NetraError {
  static {
    setName(APIUserAbortError, "APIUserAbortError");
  }
}

/** No usable response arrived: no connection, a broken one, or a body that could not be read to its end. */
export class APIConnectionError extends NetraError {
  static {
    setName(APIConnectionError, "APIConnectionError");
  }
}

/** No response arrived in time: raise `timeout` or `deadline` (milliseconds). */
export class APITimeoutError extends APIConnectionError {
  static {
    setName(APITimeoutError, "APITimeoutError");
  }
}

/** What an {@link APIStatusError} knows of the response. */
export interface StatusDetails {
  /** The HTTP status. */
  readonly statusCode: number;
  /** The beginning of the body, as text. */
  readonly body?: string;
  /** The service's identifier of this request. */
  readonly requestId?: string | null;
  /** How many SECONDS the service asks to wait. */
  readonly retryAfter?: number | null;
}

/**
 * The service, or a proxy before it, responded with a status that is not a success (2xx).
 *
 * Redirects belong here too: they are not followed, because that would show the API key to another address.
 */
export class APIStatusError extends NetraError {
  static {
    setName(APIStatusError, "APIStatusError");
  }
  /** The HTTP status, also when no registry knows it (499, 520, 598); 0 for a redirect that a browser hides. */
  readonly statusCode: number;
  /** The beginning of the response's body, as text. */
  readonly body: string;
  /** The service's identifier of this request, for its support; null if it sent none. */
  readonly requestId: string | null;
  /** How many SECONDS the service asks to wait before the next attempt; null if it did not say. */
  readonly retryAfter: number | null;

  constructor(message: string, details: StatusDetails) {
    super(message);
    this.statusCode = details.statusCode;
    this.body = details.body ?? "";
    this.requestId = details.requestId ?? null;
    this.retryAfter = details.retryAfter ?? null;
  }
}

/** 400: the service refused the request; the message holds its reason. */
export class BadRequestError extends APIStatusError {
  static {
    setName(BadRequestError, "BadRequestError");
  }
}

/** 401: no API key, or not a valid one. */
export class AuthenticationError extends APIStatusError {
  static {
    setName(AuthenticationError, "AuthenticationError");
  }
}

/** 403: the API key does not allow this. */
export class PermissionDeniedError extends APIStatusError {
  static {
    setName(PermissionDeniedError, "PermissionDeniedError");
  }
}

/** 404: there is no such thing, or the endpoint is not the service's. */
export class NotFoundError extends APIStatusError {
  static {
    setName(NotFoundError, "NotFoundError");
  }
}

/** 409: the request collides with another one. */
export class ConflictError extends APIStatusError {
  static {
    setName(ConflictError, "ConflictError");
  }
}

/** 422: the request is well-formed, but the service cannot act on it. */
export class UnprocessableEntityError extends APIStatusError {
  static {
    setName(UnprocessableEntityError, "UnprocessableEntityError");
  }
}

/** 429: too many requests; `retryAfter` may say how many seconds to wait. */
export class RateLimitError extends APIStatusError {
  static {
    setName(RateLimitError, "RateLimitError");
  }
}

/** 5xx: the service or a proxy before it failed. */
export class ServerError extends APIStatusError {
  static {
    setName(ServerError, "ServerError");
  }
}

/**
 * The response is a success (2xx), but not what the contract promises. The message names the place in the body.
 *
 * One reason is a response with another id than the one that was asked for: it belongs to another request.
 */
export class APIResponseValidationError extends NetraError {
  static {
    setName(APIResponseValidationError, "APIResponseValidationError");
  }
  /** The beginning of the response's body, as text. */
  readonly body: string;
  /** The service's identifier of this request, for its support; null if it sent none. */
  readonly requestId: string | null;

  constructor(message: string, details: Pick<StatusDetails, "body" | "requestId"> = {}) {
    super(message);
    this.body = details.body ?? "";
    this.requestId = details.requestId ?? null;
  }
}

/** The pages cannot be completed: more follow, but their cursor is missing, or was already used. */
export class PaginationError extends NetraError {
  static {
    setName(PaginationError, "PaginationError");
  }
}

const STATUS_ERRORS: Readonly<Record<number, typeof APIStatusError>> = {
  400: BadRequestError,
  401: AuthenticationError,
  403: PermissionDeniedError,
  404: NotFoundError,
  409: ConflictError,
  422: UnprocessableEntityError,
  429: RateLimitError,
};

/** The class for a status that is not a success. */
export function errorClassFor(status: number): typeof APIStatusError {
  return STATUS_ERRORS[status] ?? (status >= 500 && status <= 599 ? ServerError : APIStatusError);
}
