import { setTimeout as pause } from 'node:timers/promises';
import type { Registration } from '../../api/contract/deal-registrations.ts';
import type { TaskDetail } from '../../api/contract/tasks.ts';
import type { Caller } from '../api-client.ts';

/** Approvers who decide by rules, through the public API: judge each pair by its evidence, then the registration. */

export interface Deciders {
  /** Brings one registration to its decision. Throws when it does not get there. */
  decide(registrationId: string): Promise<void>;
}

const WITHIN_MS = 180_000;
const LOOK_EVERY_MS = 250;
const CLOSED = ['rejected', 'approved', 'won', 'lost', 'expired', 'withdrawn', 'revoked'];

type Match = Registration['matches'][number];

/**
 * A person's rule of thumb: the same company when a web or mail domain, a tax id, or the name and the city agree; a similar
 * name by itself is another company.
 */
export const sameCompany = (match: Pick<Match, 'evidence'>): boolean => {
  const agrees = (kind: string): boolean => match.evidence.some((row) => row.kind === kind && row.supports);
  const name = agrees('name_equal') || agrees('name_similar');
  return (
    agrees('tax_id') ||
    (agrees('registrable_domain') && name) ||
    (agrees('contact_domain') && name) ||
    (name && agrees('city')) ||
    agrees('name_equal')
  );
};

export const openDeciders = (people: { approvers: readonly Caller[]; director: Caller }): Deciders => {
  let turn = 0;
  const step = async (registrationId: string): Promise<'decided' | 'again'> => {
    turn += 1;
    const approver = people.approvers[turn % people.approvers.length] ?? people.director;
    const reply = await approver.get(`/api/deal-registrations/${registrationId}`);
    if (reply?.status !== 200) return 'again';
    const registration = reply.body as Registration;
    if (CLOSED.includes(registration.status)) return 'decided';
    const { openTaskId } = registration;
    if (openTaskId === null) return 'again';
    const unjudged = registration.matches.find(
      ({ verdict, judged }) => judged === null && verdict !== 'duplicate',
    );
    if (unjudged !== undefined) {
      const same = sameCompany(unjudged);
      await approver.write('/api/account-pairs', {
        registrationId,
        otherAccountId: unjudged.otherAccountId,
        verdict: same ? 'same' : 'different',
        words: same ? 'A second piece of evidence agrees.' : 'Only the names are alike.',
      });
      return 'again';
    }
    const held = registration.matches.some(
      ({ otherKind, otherStatus, verdict, judged }) =>
        otherKind === 'registration' &&
        otherStatus === 'approved' &&
        (verdict === 'duplicate' || judged === 'same'),
    );
    const taskReply = await people.director.get(`/api/tasks/${openTaskId}`);
    if (taskReply?.status !== 200) return 'again';
    const task = taskReply.body as TaskDetail;
    const conflict = task.kind === 'conflict_resolution';
    const deny = held || conflict;
    const decider = conflict ? people.director : approver;
    // Whoever came first and whatever changed meanwhile, the next look shows it.
    await decider.write(`/api/tasks/${task.id}/decision`, {
      outcome: conflict ? 'award_other' : deny ? 'deny' : 'approve',
      reasonKey: deny ? 'other-award' : null,
      words: deny ? 'Another partner is protected for this customer.' : 'Approved.',
      privateNote: '',
      fields: [],
      winnerId: null,
      factsHash: task.factsHash,
    });
    return 'again';
  };
  return {
    decide: async (registrationId) => {
      const deadlineMs = Date.now() + WITHIN_MS;
      while (Date.now() < deadlineMs) {
        if ((await step(registrationId)) === 'decided') return;
        await pause(LOOK_EVERY_MS);
      }
      throw new Error(`${registrationId} was not decided within ${WITHIN_MS / 1000} s`);
    },
  };
};
