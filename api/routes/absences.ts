import { randomBytes } from 'node:crypto';
import { absencesAround, absencesOf, endAbsence, enterAbsence } from '../../adapters/store/absence-own.ts';
import { peopleWith } from '../../adapters/store/directory-reads.ts';
import { whyNotAbsent } from '../../domain/absence.ts';
import type { AbsenceRefusal } from '../../domain/absence.ts';
import { may } from '../../domain/access.ts';
import { formatId } from '../../domain/ids.ts';
import { authorityOrder } from '../../domain/task.ts';
import { absenceRefusalWords } from '../../domain/words/en.ts';
import type { absenceRoutes } from '../contract/absences.ts';
import { notFound, Refused } from '../refused.ts';
import type { Handlers, SignedIn } from '../route-handler.ts';

/** A form offers no more. */
const MOST_DECIDERS = 1_000;

/** Who is away, and who stands in. */
export function createAbsenceHandlers(): Handlers<typeof absenceRoutes> {
  return {
    'GET /api/absences': async ({ principal, atMs }, sql) => {
      const at = new Date(atMs).toISOString();
      const everybody = may(principal, 'people.write');
      const items = await absencesOf(sql, { personId: everybody ? null : principal.personId, at });
      const deciders = (
        await peopleWith(sql, { roles: authorityOrder, at, search: null, after: null, limit: MOST_DECIDERS })
      ).map(({ id, displayName }) => ({ id, displayName }));
      return {
        items: items.map((one) => ({
          id: one.id,
          person: { id: one.personId, displayName: one.personName },
          deputy: { id: one.deputyId, displayName: one.deputyName },
          fromAt: new Date(one.fromMs).toISOString(),
          untilAt: new Date(one.untilMs).toISOString(),
          capMinor: one.capMinor,
          mayEnd: isTheirs(principal, one.personId),
        })),
        deputies: deciders,
        people: deciders.filter(({ id }) => isTheirs(principal, id)),
      };
    },
    'POST /api/absences': async ({ principal, body, atMs }, transaction) => {
      const personId = body.personId ?? principal.personId;
      if (!isTheirs(principal, personId))
        throw new Refused('forbidden', { detail: 'Only administrators enter the absence of somebody else.' });
      const absence = {
        personId,
        deputyId: body.deputyId,
        fromMs: Date.parse(body.fromAt),
        untilMs: Date.parse(body.untilAt),
        capMinor: body.capMinor,
      };
      const known = await absencesAround(transaction, { people: [personId, body.deputyId], atMs });
      const errors = whyNotAbsent(absence, known, atMs).map((why) => ({
        pointer: pointers[why],
        reason: absenceRefusalWords[why],
      }));
      for (const [id, pointer] of [
        [personId, '/personId'],
        [body.deputyId, '/deputyId'],
      ] as const) {
        const held = await transaction.personRole.findMany({
          where: {
            personId: id,
            role: { in: [...authorityOrder] },
            validFrom: { lte: new Date(atMs) },
            validTo: { gt: new Date(atMs) },
          },
        });
        if (held.length === 0)
          errors.push({ pointer, reason: "Choose one of the vendor's people who decide." });
      }
      if (errors.length > 0)
        throw new Refused('invalid_request', { detail: 'The absence cannot be entered.', errors });
      const id = formatId('absence', atMs, randomBytes(16));
      await enterAbsence(transaction, { id, absence, atMs });
      return {
        body: { id },
        audit: { action: 'absence_entered', subject: personId, content: { ...absence, id } },
      };
    },
    'DELETE /api/absences/:id': async ({ principal, params, atMs }, transaction) => {
      const ended = await endAbsence(transaction, {
        id: params.id,
        atMs,
        mayEnd: ({ personId }) => isTheirs(principal, personId),
      });
      if (ended === null) throw notFound('absence', params.id);
      return {
        body: undefined,
        audit: { action: 'absence_ended', subject: ended.personId, content: { ...ended, id: params.id } },
      };
    },
  };
}

/** People enter and end their own absence; administrators anybody's. */
function isTheirs(principal: SignedIn, personId: string): boolean {
  return personId === principal.personId || may(principal, 'people.write');
}

const pointers: Readonly<Record<AbsenceRefusal, string>> = {
  own_deputy: '/deputyId',
  ends_before_it_begins: '/untilAt',
  over_already: '/untilAt',
  absent_already: '/fromAt',
  deputy_is_away: '/deputyId',
  is_a_deputy_then: '/fromAt',
};
