interface AbortSignalLike {
    readonly aborted: boolean;
    addEventListener(type: "abort", listener: () => void): void;
    removeEventListener(type: "abort", listener: () => void): void;
}
interface HeadersLike {
    get(name: string): string | null;
}
interface ResponseLike {
    readonly status: number;
    readonly headers: HeadersLike;
    readonly type?: string;
    readonly redirected?: boolean;
    readonly body?: unknown;
    arrayBuffer(): Promise<ArrayBuffer>;
}
interface FetchInit {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: string;
    readonly redirect: "manual";
    readonly signal: any;
}
type FetchLike = (url: string, init: FetchInit) => Promise<ResponseLike>;
interface Logger {
    debug(message: string): void;
    warn(message: string): void;
}
type HeadersOption = Readonly<Record<string, string>> | string;
interface Limits {
    readonly timeout?: number | undefined;
    readonly deadline?: number | undefined;
    readonly maxRetries?: number | undefined;
    readonly maxResponseBytes?: number | undefined;
    readonly prefetch?: boolean | undefined;
}
interface CallOptions extends Limits {
    readonly signal?: AbortSignalLike | null | undefined;
}
interface ClientOptions extends Limits {
    readonly apiKey?: string | undefined;
    readonly endpoint?: string | undefined;
    readonly appName?: string | undefined;
    readonly headers?: HeadersOption | undefined;
    readonly secretHeaders?: readonly string[] | undefined;
    readonly fetch?: FetchLike | undefined;
    readonly logger?: Logger | undefined;
    readonly dangerouslyAllowBrowser?: boolean | undefined;
}
type Direction = "up" | "down";
type SortOrder = "asc" | "desc";
type FilterType = "string" | "number" | "boolean" | "arrayOptions" | "attributeKey" | "object";
type FilterOperator = "equals" | "not_equals" | "greater_than" | "less_than" | "greater_equal_to" | "less_equal_to" | "contains" | "not_contains" | "starts_with" | "ends_with" | "any_of" | "none_of" | "is_null" | "is_not_null";
interface TraceFilter {
    readonly field: string;
    readonly operator: FilterOperator;
    readonly type: FilterType;
    readonly key?: string | undefined;
    readonly value?: unknown;
}
interface SessionUsageData {
    readonly sessionId: string;
    readonly tokenCount: number;
    readonly requestCount: number;
    readonly totalCost: number;
}
interface TenantUsageData {
    readonly tenantId: string;
    readonly organisationId: string;
    readonly tokenCount: number;
    readonly requestCount: number;
    readonly sessionCount: number;
    readonly totalCost: number;
}
interface TraceSummary {
    readonly id: string;
    readonly name: string;
    readonly kind: string;
    readonly latencyMs: number;
    readonly startTime: string;
    readonly endTime: string;
    readonly cursor: string;
    readonly organisationId: string;
    readonly projectId: string;
    readonly sessionId: string | null;
    readonly tenantId: string | null;
    readonly userId: string | null;
    readonly environment: string | null;
    readonly service: string | null;
    readonly models: readonly string[] | null;
    readonly promptTokens: number | null;
    readonly completionTokens: number | null;
    readonly cachedTokens: number | null;
    readonly totalTokens: number;
    readonly promptTokensCost: number | null;
    readonly completionTokensCost: number | null;
    readonly cachedTokensCost: number | null;
    readonly totalCost: number;
    readonly hasCost: boolean;
    readonly hasPii: boolean | null;
    readonly piiEntities: readonly unknown[] | null;
    readonly hasViolation: boolean | null;
    readonly violations: readonly unknown[] | null;
    readonly hasError: boolean | null;
}
interface TraceSpan {
    readonly id: string;
    readonly traceId: string;
    readonly name: string;
    readonly kind: string;
    readonly organisationId: string;
    readonly projectId: string;
    readonly createdAt: string;
    readonly cursor: string;
    readonly parentSpanId: string | null;
    readonly latencyMs: number | null;
    readonly startTimeMs: string | null;
    readonly endTimeMs: string | null;
    readonly sessionId: string | null;
    readonly tenantId: string | null;
    readonly userId: string | null;
    readonly environment: string | null;
    readonly modelName: string | null;
    readonly promptTokens: number | null;
    readonly completionTokens: number | null;
    readonly cachedTokens: number | null;
    readonly totalTokens: number | null;
    readonly promptTokensCost: number | null;
    readonly completionTokensCost: number | null;
    readonly cachedTokensCost: number | null;
    readonly totalCost: number | null;
    readonly hasCost: boolean;
    readonly hasPii: boolean | null;
    readonly piiEntities: readonly unknown[] | null;
    readonly piiActions: Readonly<Record<string, unknown>> | null;
    readonly hasViolation: boolean | null;
    readonly violations: readonly unknown[] | null;
    readonly violationActions: Readonly<Record<string, unknown>> | null;
    readonly status: string | null;
    readonly attributes: string | null;
    readonly events: string | null;
    readonly links: string | null;
    readonly resources: string | null;
    readonly metadata: Readonly<Record<string, unknown>> | null;
    readonly hasError: boolean | null;
}
declare class Filter implements TraceFilter {
    readonly field: string;
    readonly operator: FilterOperator;
    readonly type: FilterType;
    readonly key?: string;
    readonly value?: unknown;
    not(): Filter;
    isConfirmed(): boolean;
}
type Timestamp = string | Date;
declare function parseTime(text: string | null): Date | null;
interface FilterSource {
    toFilter(): Filter;
}
interface ListTracesParams {
    readonly startTime: Timestamp;
    readonly endTime: Timestamp;
    readonly traceId?: string | null | undefined;
    readonly sessionId?: string | null | undefined;
    readonly userId?: string | null | undefined;
    readonly tenantId?: string | null | undefined;
    readonly limit?: number | null | undefined;
    readonly cursor?: string | null | undefined;
    readonly direction?: Direction | null | undefined;
    readonly sortField?: string | null | undefined;
    readonly sortOrder?: SortOrder | null | undefined;
    readonly filters?: readonly (Filter | FilterSource)[] | null | undefined;
}
interface ListSpansParams {
    readonly traceId: string;
    readonly cursor?: string | null | undefined;
    readonly direction?: Direction | null | undefined;
    readonly limit?: number | null | undefined;
    readonly spanName?: string | null | undefined;
}
interface PagePosition {
    readonly hasNextPage: boolean;
    readonly nextCursor: string | null;
}
interface TracesPage extends PagePosition {
    readonly traces: readonly TraceSummary[];
}
interface SpansPage extends PagePosition {
    readonly spans: readonly TraceSpan[];
}
interface TraceWithSpans {
    readonly trace: TraceSummary;
    readonly spans: readonly TraceSpan[];
}
interface TracesWithSpansPage extends PagePosition {
    readonly traces: readonly TraceWithSpans[];
}
declare function fieldsOf(row: object): Readonly<Record<string, unknown>>;
declare class NetraError extends Error {
    attempts: number;
    cursor: string | null;
}
declare class ConfigurationError extends NetraError {
}
declare class NotInitializedError extends NetraError {
}
declare class InvalidRequestError extends NetraError {
}
declare class APIUserAbortError extends NetraError {
}
declare class APIConnectionError extends NetraError {
}
declare class APITimeoutError extends APIConnectionError {
}
interface StatusDetails {
    readonly statusCode: number;
    readonly body?: string;
    readonly requestId?: string | null;
    readonly retryAfter?: number | null;
}
declare class APIStatusError extends NetraError {
    readonly statusCode: number;
    readonly body: string;
    readonly requestId: string | null;
    readonly retryAfter: number | null;
    constructor(message: string, details: StatusDetails);
}
declare class BadRequestError extends APIStatusError {
}
declare class AuthenticationError extends APIStatusError {
}
declare class PermissionDeniedError extends APIStatusError {
}
declare class NotFoundError extends APIStatusError {
}
declare class ConflictError extends APIStatusError {
}
declare class UnprocessableEntityError extends APIStatusError {
}
declare class RateLimitError extends APIStatusError {
}
declare class ServerError extends APIStatusError {
}
declare class APIResponseValidationError extends NetraError {
    readonly body: string;
    readonly requestId: string | null;
    constructor(message: string, details?: Pick<StatusDetails, "body" | "requestId">);
}
declare class PaginationError extends NetraError {
}
interface Row {
    readonly cursor: string;
}
declare abstract class Walk<Item> implements AsyncIterableIterator<Item> {
    private last;
    private waiting;
    get cursor(): string | null;
    next(): Promise<IteratorResult<Item, undefined>>;
    return(): Promise<IteratorResult<Item, undefined>>;
    [Symbol.asyncIterator](): this;
}
declare abstract class RowWalk<RowT, PageT> extends Walk<RowT> {
    private pageIterator;
    pages(): PageIterator<PageT>;
}
declare class PagedIterator<RowT extends Row, PageT extends PagePosition> extends RowWalk<RowT, PageT> {
    private readonly state;
    private readonly source;
    private prefetched;
    private page;
    private fetchPage;
    private ask;
}
declare class PageIterator<PageT> extends Walk<PageT> {
    private readonly whereItStands;
}
declare class TracesWithSpans extends RowWalk<TraceWithSpans, TracesWithSpansPage> {
    private readonly plan;
    private readonly queue;
    private controller;
    private listError;
    private emitted;
    private batch;
    private takeHead;
    private readAhead;
    private readSpans;
}
type SpansIterator = PagedIterator<TraceSpan, SpansPage>;
declare class TracesIterator extends PagedIterator<TraceSummary, TracesPage> {
    withSpans(options?: {
        readonly concurrency?: number | undefined;
    }): TracesWithSpans;
}
declare class Usage {
    private readonly send;
    private readonly options;
    getSessionUsage(sessionId: string, startTime: Timestamp, endTime: Timestamp, options?: CallOptions): Promise<SessionUsageData | null>;
    getTenantUsage(tenantId: string, startTime: Timestamp, endTime: Timestamp, options?: CallOptions): Promise<TenantUsageData | null>;
    listTraces(params: ListTracesParams, options?: CallOptions): Promise<TracesPage>;
    iterTraces(params: ListTracesParams, options?: CallOptions): TracesIterator;
    listSpansByTraceId(params: ListSpansParams, options?: CallOptions): Promise<SpansPage>;
    iterSpansByTraceId(params: ListSpansParams, options?: CallOptions): SpansIterator;
}
declare class Netra {
    readonly usage: Usage;
    constructor(options?: ClientOptions);
    static init(options?: ClientOptions): Netra;
    static isInitialized(): boolean;
    static get usage(): Usage;
}
interface FilterFields<StringT, NumberT, BooleanT, ListT, ObjectT> {
    readonly name: StringT;
    readonly tenantId: StringT;
    readonly userId: StringT;
    readonly sessionId: StringT;
    readonly traceId: StringT;
    readonly environment: StringT;
    readonly service: StringT;
    readonly projectId: StringT;
    readonly parentSpanId: StringT;
    readonly hasPii: BooleanT;
    readonly hasViolation: BooleanT;
    readonly hasError: BooleanT;
    readonly models: ListT;
    readonly totalCost: NumberT;
    readonly latency: NumberT;
    readonly metadata: ObjectT;
}
interface Field<Value> {
    eq(value: Value): Filter;
    ne(value: Value): Filter;
    isNull(): Filter;
    isNotNull(): Filter;
}
interface ListableField<Value> {
    anyOf(...values: Value[]): Filter;
    noneOf(...values: Value[]): Filter;
}
interface OrderedField {
    lt(value: number): Filter;
    lte(value: number): Filter;
    gt(value: number): Filter;
    gte(value: number): Filter;
}
interface ContainingField {
    contains(text: string): Filter;
    notContains(text: string): Filter;
}
interface AffixField {
    startsWith(text: string): Filter;
    endsWith(text: string): Filter;
}
interface StringField extends Field<string>, ListableField<string>, ContainingField, AffixField {
}
interface NumberField extends Field<number>, ListableField<number>, OrderedField {
}
interface BooleanField extends Field<boolean> {
    not(): Filter;
    toFilter(): Filter;
}
interface ListField extends Field<string | readonly string[]>, ListableField<string>, ContainingField {
}
interface AnyField extends Field<string | number | boolean>, ListableField<string | number>, OrderedField, ContainingField, AffixField {
}
type ObjectField = (key: string) => AnyField;
interface Fields extends FilterFields<StringField, NumberField, BooleanField, ListField, ObjectField> {
    get(name: string): AnyField;
    attribute(name: string): AnyField;
}
declare const fields: Fields;
export { APIConnectionError, APIResponseValidationError, APIStatusError, APITimeoutError, APIUserAbortError, type AbortSignalLike, type AffixField, type AnyField, AuthenticationError, BadRequestError, type BooleanField, type CallOptions, type ClientOptions, ConfigurationError, ConflictError, type ContainingField, type Direction, type FetchInit, type FetchLike, type Field, type Fields, type Filter, type FilterOperator, type FilterSource, type FilterType, type HeadersLike, InvalidRequestError, type Limits, type ListField, type ListSpansParams, type ListTracesParams, type ListableField, type Logger, Netra, NetraError, NotFoundError, NotInitializedError, type NumberField, type ObjectField, type OrderedField, type PageIterator, PagePosition, type PagedIterator, PaginationError, PermissionDeniedError, RateLimitError, type ResponseLike, ServerError, type SessionUsageData, type SortOrder, type SpansIterator, SpansPage, type StringField, type TenantUsageData, type Timestamp, type TraceSpan, type TraceSummary, TraceWithSpans, type TracesIterator, TracesPage, type TracesWithSpans, TracesWithSpansPage, UnprocessableEntityError, type Usage, fields, fieldsOf, parseTime };
