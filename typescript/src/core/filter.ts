import type { FilterOperator, FilterType, TraceFilter } from "../../../generated/typescript/models.js";
import { InvalidRequestError } from "../errors.js";

const OPPOSITES: readonly (readonly [FilterOperator, FilterOperator])[] = [
  ["equals", "not_equals"],
  ["contains", "not_contains"],
  ["any_of", "none_of"],
  ["is_null", "is_not_null"],
];

/**
 * One condition, as the wire has it. Made from `fields`, which checks it: `fields.tenantId.eq("AceTech")`.
 */
export class Filter implements TraceFilter {
  readonly field: string;
  readonly operator: FilterOperator;
  readonly type: FilterType;
  readonly key?: string;
  readonly value?: unknown;

  /** @internal */
  constructor(condition: TraceFilter, isConfirmed: boolean) {
    this.field = condition.field;
    this.operator = condition.operator;
    this.type = condition.type;
    if (condition.key !== undefined) this.key = condition.key;
    if (condition.value !== undefined) this.value = condition.value;
    unconfirmed[isConfirmed ? "delete" : "add"](this);
  }

  /** The opposite condition. Refused where the wire has no operator for it. */
  not(): Filter {
    const isConfirmed = this.isConfirmed();
    if (this.type === "boolean" && this.operator === "equals")
      return new Filter({ ...this, value: !this.value }, isConfirmed);
    for (const [one, other] of OPPOSITES) {
      if (this.operator === one) return new Filter({ ...this, operator: other }, isConfirmed);
      if (this.operator === other) return new Filter({ ...this, operator: one }, isConfirmed);
    }
    throw new InvalidRequestError(
      `The wire has no operator that negates ${this.operator}: write the condition that you mean. (A comparison with an unknown value is never true, so the opposite one is no negation.)`,
    );
  }

  /** Whether published clients send such a condition; else the service may answer 400. */
  isConfirmed(): boolean {
    return !unconfirmed.has(this);
  }
}

/** Beside the conditions, because these are sent as they are. */
const unconfirmed = /* @__PURE__ */ new WeakSet<Filter>();
