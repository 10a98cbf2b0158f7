import type { z } from 'zod';
import type { Sql } from '../adapters/store/app-database.ts';
import { clocksOf, eventsOf, mailsOf } from '../adapters/store/registration-reads.ts';
import type { timelineEntry } from './contract/deal-registrations.ts';
import { clockEventKind } from './registration-view.ts';
import type { SignedIn } from './route-handler.ts';

type TimelineItem = z.input<typeof timelineEntry>;

/**
 * The timeline of a case as one side may see it, oldest first, and how many steps it has. Clocks and mails are the vendor's. A
 * partner's steps are counted anew: a gap would tell of a step that the vendor alone knows of.
 */
export async function timelineOf(
  sql: Sql,
  caseId: string,
  side: SignedIn['side'],
): Promise<{ items: TimelineItem[]; steps: number }> {
  const events = await eventsOf(sql, caseId);
  const entries: TimelineItem[] = events.map((event) => ({
    seq: event.seq,
    source: event.kind === 'decided' || event.kind === 'decision_retracted' ? 'decision' : 'event',
    kind: event.kind,
    at: event.at.toISOString(),
    actor: event.actor,
    actingFor: event.acting_for,
    facts: { ...event.facts, ...event.private_facts },
    vendorOnly: event.audience === 'vendor',
  }));
  if (side === 'vendor') {
    for (const clock of await clocksOf(sql, caseId)) {
      for (const event of clock.events) {
        entries.push({
          seq: event.seq,
          source: 'clock',
          kind: clockEventKind(clock.kind, event.kind),
          at: new Date(event.at).toISOString(),
          actor: null,
          actingFor: null,
          facts: { ...event.facts, clock: clock.kind, calendar: clock.calendar },
          vendorOnly: true,
        });
      }
    }
    for (const mail of await mailsOf(sql, caseId)) {
      entries.push({
        seq: mail.seq,
        source: 'mail',
        kind: mail.template,
        at: mail.at.toISOString(),
        actor: null,
        actingFor: null,
        facts: { to: mail.to, role: mail.role, delivered: mail.delivered, skipped: mail.skipped },
        vendorOnly: true,
      });
    }
  }
  const order = { event: 0, decision: 0, clock: 1, mail: 2 } as const;
  const sorted = entries.toSorted(
    (a, b) => a.at.localeCompare(b.at) || a.seq - b.seq || order[a.source] - order[b.source],
  );
  const counted = new Map(events.map(({ seq }, place) => [seq, place + 1]));
  const items =
    side === 'vendor' ? sorted : sorted.map((entry) => ({ ...entry, seq: counted.get(entry.seq) ?? 0 }));
  return { items, steps: events.length };
}
