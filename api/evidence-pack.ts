import type { z } from 'zod';
import type { Sql } from '../adapters/store/app-database.ts';
import { auditOfCase } from '../adapters/store/audit-reads.ts';
import { clocksOf, decisionsOf, mailsOf, matchesOf } from '../adapters/store/registration-reads.ts';
import type { RegistrationDetailRow } from '../adapters/store/registration-reads.ts';
import { describeClockEvent } from '../domain/words/clocks.ts';
import { describeEvent, describeMailEntry } from '../domain/words/events.ts';
import type { BusinessNow } from './business-clock.ts';
import type { clockView, timelineEntry } from './contract/deal-registrations.ts';
import { csvOf } from './csv.ts';
import { timelineOf } from './registration-timeline.ts';
import { clockFor, headOf } from './registration-view.ts';
import type { FileReply } from './route-handler.ts';
import { zipOf } from './zip.ts';

/*
 * Everything that the record knows of one case, as one file that an auditor takes along: what happened, who decided what, every
 * clock, who was told, and the rows of the audit chain with their seals.
 */

/** Of each list: a case has some dozens. What is beyond is counted in the pack. */
export const PACK_ROWS = 10_000;

/** The pack of one case, with the vendor's eyes. `rows` bounds each list. */
export async function evidencePackOf(
  sql: Sql,
  input: { row: RegistrationDetailRow; now: BusinessNow; madeBy: string; rows?: number },
): Promise<FileReply> {
  const { row, now, madeBy, rows: limit = PACK_ROWS } = input;
  const whole = {
    timeline: (await timelineOf(sql, row.id, 'vendor')).items,
    decisions: await decisionsOf(sql, row.id),
    clocks: (await clocksOf(sql, row.id)).flatMap((clock) => clockFor(clock, 'vendor')),
    mails: await mailsOf(sql, row.id),
    matches: await matchesOf(sql, { registrationId: row.id, at: new Date(now.atMs).toISOString() }),
    // One more than is shown, so that the pack can say that there are more.
    audit: await auditOfCase(sql, { caseId: row.id, limit: limit + 1 }),
  };
  const leftOut = Object.fromEntries(
    Object.entries(whole).map(([name, list]) => [name, Math.max(list.length - limit, 0)]),
  );
  const [timeline, decisions, clocks, mails, audit] = [
    whole.timeline.slice(0, limit),
    whole.decisions.slice(0, limit),
    whole.clocks.slice(0, limit),
    whole.mails.slice(0, limit),
    whole.audit.slice(0, limit),
  ];
  const content = {
    madeAt: new Date(now.atMs).toISOString(),
    madeBy,
    case: headOf(row, 'vendor', now),
    submittedBy: row.submitted_by_name,
    policyVersion: row.policy_version,
    extensions: row.extensions,
    lines: row.lines,
    details: row.details,
    timeline,
    decisions,
    clocks,
    mails,
    matches: whole.matches.slice(0, limit),
    audit,
    leftOut,
  };
  const files = [
    { name: 'README.txt', content: readme(row.reference) },
    { name: 'case.json', content: `${JSON.stringify(content, null, 2)}\n` },
    {
      name: 'timeline.csv',
      content: csvOf(
        ['seq', 'at', 'source', 'kind', 'by', 'actingFor', 'words', 'facts'],
        timeline.map((entry) => [
          entry.seq,
          entry.at,
          entry.source,
          entry.kind,
          entry.actor,
          entry.actingFor,
          sentenceOf(entry),
          JSON.stringify(entry.facts),
        ]),
      ),
    },
    {
      name: 'decisions.csv',
      content: csvOf(
        [
          'id',
          'outcome',
          'reasonCode',
          'words',
          'privateNote',
          'by',
          'actingFor',
          'decidedAt',
          'effectiveAt',
          'policyVersion',
          'takenBack',
        ],
        decisions.map((one) => [
          one.id,
          one.outcome,
          one.reason_code,
          one.words,
          one.note,
          one.actor,
          one.acting_for,
          one.decided_at.toISOString(),
          one.effective_at.toISOString(),
          one.policy_version,
          one.retracted ? 'yes' : 'no',
        ]),
      ),
    },
    { name: 'clocks.csv', content: clocksCsv(row.reference, clocks) },
    {
      name: 'mails.csv',
      content: csvOf(
        ['seq', 'mail', 'to', 'role', 'at', 'delivered', 'notSentBecause'],
        mails.map((mail) => [
          mail.seq,
          mail.template,
          mail.to,
          mail.role,
          mail.at.toISOString(),
          mail.delivered ? 'yes' : 'no',
          mail.skipped,
        ]),
      ),
    },
    {
      name: 'audit.csv',
      content: csvOf(
        [
          'id',
          'at',
          'actorId',
          'actingFor',
          'action',
          'subject',
          'content',
          'recordedAt',
          'seal',
          'hashVersion',
          'prevHash',
          'hash',
          'sealedAt',
        ],
        audit.map(({ seal, ...entry }) => [
          entry.id,
          entry.at,
          entry.actorId,
          entry.actingFor,
          entry.action,
          entry.subject,
          JSON.stringify(entry.content),
          entry.recordedAt,
          seal?.seq ?? null,
          seal?.hashVersion ?? null,
          seal?.prevHash ?? null,
          seal?.hash ?? null,
          seal?.sealedAt ?? null,
        ]),
      ),
    },
  ];
  return {
    name: `${row.reference}-evidence.zip`,
    mediaType: 'application/zip',
    content: zipOf(files, now.atMs),
  };
}

/** Every row of every clock of a case as CSV. */
export function clocksCsv(reference: string, clocks: readonly z.input<typeof clockView>[]): string {
  return csvOf(
    [
      'reference',
      'clock',
      'calendar',
      'phase',
      'startedAt',
      'dueAt',
      'breachedAt',
      'ranOutAt',
      'endedAt',
      'n',
      'event',
      'at',
      'recordedAt',
      'facts',
    ],
    clocks.flatMap((clock) =>
      clock.events.map((event) => [
        reference,
        clock.kind,
        clock.calendar,
        clock.phase,
        clock.startedAt,
        clock.dueAt,
        clock.breachedAt,
        clock.ranOutAt,
        clock.endedAt,
        event.n,
        event.kind,
        event.at,
        event.recordedAt,
        JSON.stringify(event.facts),
      ]),
    ),
  );
}

function sentenceOf(entry: z.input<typeof timelineEntry>): string {
  switch (entry.source) {
    case 'event':
    case 'decision':
      return describeEvent(entry);
    case 'clock':
      return describeClockEvent(entry);
    case 'mail':
      return describeMailEntry(entry);
    default:
      return entry.source satisfies never;
  }
}

function readme(reference: string): string {
  return [
    `Evidence of registration ${reference}`,
    '',
    'case.json      all of it: the case, its timeline, decisions, clocks, mails, matches and audit rows; leftOut counts what a list has beyond its bound',
    'timeline.csv   what happened, oldest first, each in words',
    'decisions.csv  each decision with its reason, words, note, who made it and for whom',
    'clocks.csv     every start, pause, move, firing and end of every clock',
    'mails.csv      who was told what and when, and why a mail was not sent',
    'audit.csv      the rows of the audit chain about this case, each with its seal',
    '',
    'Instants are in UTC. The hash of a seal is SHA-256 over the row, its place in the chain, the instant of sealing and the hash',
    'before it (docs/pieces/audit-chain.md). That the chain as a whole adds up is shown by "npm run verify".',
    '',
  ].join('\n');
}
