import type { DecidingRole } from '../../domain/deal-registration/policy.ts';

/** The workflow type and the id of one review window's workflow; it runs on the queue of deal registration. */
export const reviewWindowType = 'reviewWindow';
export function reviewWindowWorkflowId(windowId: string): string {
  return `review-window:${windowId}`;
}

/** Tells a window that a registration joined it. Repeating it changes nothing. */
export const joinSignal = 'join';
export interface JoinFacts {
  readonly registrationId: string;
}

/** Tells a window that a clock of a member presses its joint task: it goes up to a role, is late, or a role is told of it. */
export const pressSignal = 'press';
export interface PressFacts {
  readonly registrationId: string;
  /** The role that the policy names next; null: it stays where it is. */
  readonly role: DecidingRole | null;
  readonly breachedAtMs: number | null;
  /** Who is told by mail, once for each threshold of a clock, whichever member's clock came first; absent: nobody. */
  readonly tell?: {
    readonly role: DecidingRole;
    readonly template: 'escalated' | 'reminder';
    readonly clock: string;
    readonly threshold: string;
    readonly dueAt: string | null;
  };
}

/** Tells a window that a member came back, or left: it looks at all of them again. Repeating it changes nothing. */
export const lookSignal = 'look';

/** Tells a registration what happened in its window. Each is acted on once, whatever arrives twice. */
export const windowSignal = 'window';
export type WindowNews =
  | { readonly news: 'rival_joined'; readonly windowId: string }
  /** The window goes on, and nobody is left in it to be judged together with. */
  | { readonly news: 'rivals_gone'; readonly windowId: string }
  | { readonly news: 'closed'; readonly windowId: string }
  | {
      readonly news: 'decided';
      readonly windowId: string;
      readonly decisionId: string;
      /** How this registration came out. */
      readonly outcome: 'protect' | 'deny';
      /** Protected together with others: the group, and this one's part of the benefit in parts per million. */
      readonly share?: { readonly group: string; readonly benefitPpm: number };
      readonly decidedAtMs: number;
      readonly byId: string | null;
    };
