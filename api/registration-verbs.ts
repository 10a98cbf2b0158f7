import type { z } from 'zod';
import type { DecisionRow, EventRow, RegistrationDetailRow } from '../adapters/store/registration-reads.ts';
import { may } from '../domain/access.ts';
import type { Permission } from '../domain/access.ts';
import { caseVerbs, partnersVerbs, whyNotVerb } from '../domain/deal-registration/case.ts';
import type { CaseVerb } from '../domain/deal-registration/case.ts';
import type { verb } from './contract/deal-registrations.ts';
import type { SignedIn } from './route-handler.ts';

type Verb = z.input<typeof verb>;

function holderOf(verb: CaseVerb): Permission {
  return partnersVerbs.includes(verb) ? 'registration.partner_act' : 'registration.vendor_act';
}

/**
 * The verbs of a case for its reader, each allowed or saying why not. A courtesy: the workflow decides. Verbs of the other
 * side are left out, because no button is theirs.
 */
export function verbsOf(input: {
  row: RegistrationDetailRow;
  principal: SignedIn;
  decisions: readonly DecisionRow[];
  events: readonly EventRow[];
  atMs: number;
}): Verb[] {
  const { row, principal, decisions, events, atMs } = input;
  const pending = decisions.findLast(
    ({ effective_at, retracted }) => !retracted && effective_at.getTime() > atMs,
  );
  const asked = (
    request: string,
    decided: string,
    counts: (event: EventRow) => boolean = () => true,
  ): boolean =>
    (events.findLast((event) => event.kind === request && counts(event))?.seq ?? 0) >
    (events.findLast(({ kind }) => kind === decided)?.seq ?? 0);
  const state = {
    status: row.status,
    pending:
      pending === undefined
        ? null
        : {
            decisionId: pending.id,
            taskId: pending.task_id ?? '',
            taskKind: 'registration_review' as const,
            outcome: pending.outcome,
            fields: [],
            byId: null,
            decidedAtMs: pending.decided_at.getTime(),
            effectiveAtMs: pending.effective_at.getTime(),
          },
    extensionAsked: asked('extension_requested', 'extension_decided'),
    appealed: events.some(({ kind }) => kind === 'appealed'),
    tasks: asked('amended', 'amendment_decided', ({ facts }) => facts['needsApproval'] !== undefined)
      ? [{ id: row.open_task_id ?? '', kind: 'amendment' as const }]
      : [],
  };
  return caseVerbs
    .filter((name) => partnersVerbs.includes(name) === (principal.side === 'partner'))
    .map((name) => {
      const why = may(principal, holderOf(name))
        ? (whyNotVerb(state, name) ?? policyRefusal(row, name))
        : 'not_your_role';
      return { name, allowed: why === null, why };
    });
}

function policyRefusal(row: RegistrationDetailRow, name: CaseVerb): string | null {
  if (name === 'appeal' && row.policy.appeal === null) return 'no_appeal_in_program';
  if (name === 'request_extension' && row.extensions >= row.policy.extension.steps.length)
    return 'no_extension_left';
  if (name === 'report_activity' && row.policy.activityCheck === null) return 'no_activity_asked';
  return null;
}
