import { z } from 'zod';

/** The closed list of problems (RFC 9457). Each has one status and one decision whether a retry makes sense. */
export const problems = {
  invalid_request: { status: 400, title: 'The request is not valid', retry: false },
  missing_idempotency_key: { status: 400, title: 'The Idempotency-Key header is missing', retry: false },
  not_signed_in: { status: 401, title: 'Sign in first', retry: false },
  forbidden: { status: 403, title: 'Your role does not allow this', retry: false },
  cross_site: { status: 403, title: 'The request came from another site', retry: false },
  not_found: { status: 404, title: 'Not found', retry: false },
  conflict: { status: 409, title: 'Somebody or something was first', retry: false },
  version_mismatch: { status: 412, title: 'It changed since you loaded it', retry: false },
  precondition_required: { status: 428, title: 'The If-Match header is missing', retry: false },
  too_large: { status: 413, title: 'The request is too large', retry: false },
  unsupported_media_type: { status: 415, title: 'Send JSON', retry: false },
  key_reused: { status: 422, title: 'The Idempotency-Key was used with another body', retry: false },
  not_allowed_now: { status: 422, title: 'The rules do not allow this', retry: false },
  too_many_requests: { status: 429, title: 'Too many requests', retry: true },
  internal: { status: 500, title: 'Something went wrong on our side', retry: true },
  unavailable: { status: 503, title: 'A part is down; nothing was lost', retry: true },
} as const;
export type ProblemKind = keyof typeof problems;

export const problem = z.strictObject({
  /** `/problems/<kind>`. */
  type: z.string(),
  title: z.string(),
  status: z.int(),
  /** A sentence: what happened, with the id and the state. */
  detail: z.string(),
  /** The request, as found in the logs. */
  instance: z.string(),
  /** Each field that is wrong: a JSON pointer into the request and why. */
  errors: z.array(z.strictObject({ pointer: z.string(), reason: z.string() })).optional(),
  /** On a conflict: who was first, when, and what it was. */
  conflict: z
    .strictObject({ by: z.string().nullable(), at: z.string(), what: z.string(), status: z.string() })
    .optional(),
});
export type Problem = z.infer<typeof problem>;

/** The answer while the engine has not finished: accepted, and where to look. */
export const accepted = z.strictObject({
  status: z.literal('accepted'),
  /** Ask here; answers the final status and body once there is one. */
  receipt: z.string(),
  caseId: z.string(),
  receivedAt: z.string(),
});
