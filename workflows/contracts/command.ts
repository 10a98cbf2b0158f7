/**
 * What every message of a person to a workflow carries: ids and plain facts. Words, names and money stay in
 * the receipt, from which the activity reads them; nothing personal enters a history.
 */
export interface Command<Facts> {
  /** Number of the receipt: who was first. */
  readonly receipt: number;
  /** Time of the receipt: before the deadline or after it. */
  readonly receivedAtMs: number;
  readonly actorId: string;
  readonly actorSide: 'vendor' | 'partner';
  /** The person for whom a deputy acts, else null. */
  readonly actingForId: string | null;
  readonly facts: Facts;
}

/** What an Update answers: the HTTP answer as it was stored with the receipt. */
export interface Answer {
  readonly statusCode: number;
  readonly body: unknown;
}

/**
 * The `type` of every ApplicationFailure that an Update throws after or instead of acceptance; each is one
 * HTTP problem. The first detail of the failure is a `Refusal`.
 */
export const refusalTypes = [
  'conflict',
  'not_allowed_now',
  'forbidden',
  'not_found',
  'invalid_request',
] as const;
export type RefusalType = (typeof refusalTypes)[number];

export interface Refusal {
  /** A sentence for the caller. */
  readonly detail: string;
  /** On a conflict: who was first, when, what it was, and the state it left. */
  readonly conflict?: {
    readonly by: string | null;
    readonly at: string;
    readonly what: string;
    readonly status: string;
  };
  readonly errors?: readonly { readonly pointer: string; readonly reason: string }[];
}

/** The refusal that a workflow's failure is; null for a failure that nobody chose. */
export function refusalIn(failure: {
  readonly type?: string | null | undefined;
  readonly message: string;
  readonly details?: readonly unknown[] | null | undefined;
}): { readonly type: RefusalType; readonly refusal: Refusal } | null {
  const type = refusalTypes.find((name) => name === failure.type);
  if (type === undefined) return null;
  const detail: unknown = failure.details?.[0];
  const isRefusal =
    typeof detail === 'object' && detail !== null && 'detail' in detail && typeof detail.detail === 'string';
  return { type, refusal: isRefusal ? (detail as Refusal) : { detail: failure.message } };
}
