/** Query Netra's usage, traces and spans. Start with {@link Netra}. */

export { Netra } from "./client.js";
export type { ClientOptions } from "./core/config.js";
export { Filter } from "./core/filter.js";
export type { CallOptions, Limits } from "./core/options.js";
export type { FilterSource, ListSpansParams, ListTracesParams } from "./core/parameters.js";
export type {
  AbortSignalLike,
  FetchInit,
  FetchLike,
  HeadersLike,
  Logger,
  ResponseLike,
} from "./core/platform.js";
export { parseTime, type Timestamp } from "./core/timestamps.js";
export {
  APIConnectionError,
  APIResponseValidationError,
  APIStatusError,
  APITimeoutError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  ConfigurationError,
  ConflictError,
  InvalidRequestError,
  NetraError,
  NotFoundError,
  NotInitializedError,
  PaginationError,
  PermissionDeniedError,
  RateLimitError,
  ServerError,
  UnprocessableEntityError,
} from "./errors.js";
export type {
  AffixField,
  AnyField,
  BooleanField,
  ContainingField,
  Field,
  Fields,
  ListableField,
  ListField,
  NumberField,
  ObjectField,
  OrderedField,
  StringField,
} from "./filters.js";
export { fields } from "./filters.js";
export type * from "./models.js";
export { fieldsOf } from "./models.js";
export type { PagedIterator, PageIterator } from "./paged-iterator.js";
export type { TracesWithSpans } from "./traces-with-spans.js";
export type { Usage } from "./usage.js";
export type { SpansIterator, TracesIterator } from "./walks.js";
