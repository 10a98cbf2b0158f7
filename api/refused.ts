import { problems } from './contract/problem.ts';
import type { Problem, ProblemKind } from './contract/problem.ts';

/** What is told beside the kind of a problem. */
export interface RefusalDetails {
  /** A sentence: what happened, with the id and the state. */
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly reason: string }[];
  readonly conflict?: {
    readonly by: string | null;
    readonly at: string;
    readonly what: string;
    readonly status: string;
  };
  /** Seconds after which trying again makes sense. */
  readonly retryAfterSeconds?: number;
}

/** A request that gets one of the closed list of problems as its answer. */
export class Refused extends Error {
  readonly kind: ProblemKind;
  readonly details: RefusalDetails;

  constructor(kind: ProblemKind, details: RefusalDetails) {
    super(details.detail);
    this.name = 'Refused';
    this.kind = kind;
    this.details = details;
  }
}

/** The same answer whether a thing does not exist or belongs to another partner. */
export function notFound(what: string, id: string): Refused {
  return new Refused('not_found', { detail: `There is no ${what} ${id}.` });
}

/** The body of a problem (RFC 9457). `instance` is the request as the logs know it. */
export function problemOf(kind: ProblemKind, details: RefusalDetails, instance: string): Problem {
  const { status, title } = problems[kind];
  return {
    type: `/problems/${kind}`,
    title,
    status,
    detail: details.detail,
    instance,
    ...(details.errors === undefined ? {} : { errors: [...details.errors] }),
    ...(details.conflict === undefined ? {} : { conflict: { ...details.conflict } }),
  };
}
