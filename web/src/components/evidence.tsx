import { Button, Table, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconX } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import type { Registration } from '../../../api/contract/deal-registrations.ts';
import {
  evidenceWords,
  inWords,
  lookUp,
  rivalKindWords,
  sentence,
  statusWords,
  verdictWords,
} from '../../../domain/words/en.ts';
import { formatPpm } from '../../../domain/words/reader.ts';
import { useWrite } from '../lib/queries.ts';
import { useMay, useReader } from '../lib/session.ts';
import { ToneBadge } from './badges.tsx';
import { ProblemNotice } from './notices.tsx';
import { Section } from './page.tsx';

type Match = Registration['matches'][number];

/** Customers and registrations that are alike, each with what agrees and what speaks against it. */
export function Evidence({ registration }: { registration: Registration }): ReactNode {
  if (registration.matches.length === 0) return null;
  const open = registration.matches.filter(needsJudgement).length;
  return (
    <Section
      title="Alike"
      aside={
        open === 0 ? (
          <span className="quiet">Every pair has been judged or needs no judgement.</span>
        ) : (
          <ToneBadge tone="dueSoon" icon={IconAlertTriangle}>
            {open} to judge before an approval
          </ToneBadge>
        )
      }
    >
      <div className="stack">
        {registration.matches.map((match) => (
          <Pair key={`${match.otherKind} ${match.otherId}`} match={match} registration={registration} />
        ))}
      </div>
    </Section>
  );
}

function needsJudgement(match: Match): boolean {
  // Everything short of certain: a duplicate is one, and what was judged is settled.
  return match.judged === null && match.verdict !== 'duplicate';
}

function Pair({ match, registration }: { match: Match; registration: Registration }): ReactNode {
  const reader = useReader();
  const status =
    match.otherStatus === null
      ? null
      : (lookUp(statusWords, match.otherStatus) ?? inWords(match.otherStatus));
  const about = [
    rivalKindWords[match.otherKind],
    match.otherReference,
    match.otherPartnerName,
    status?.toLowerCase(),
  ].filter((part) => part !== null && part !== undefined);
  return (
    <div>
      <div className="between">
        <span>
          <strong>{verdictWords[match.verdict]}</strong>: {match.otherName}, {match.otherCountry}
        </span>
        <span className="quiet">{about.join(' · ')}</span>
      </div>
      <Table aria-label={`What is alike: ${registration.customerName} and ${match.otherName}`} layout="fixed">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="24%">Evidence</Table.Th>
            <Table.Th>This registration</Table.Th>
            <Table.Th>The other</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {match.evidence.map((row) => (
            <Table.Tr key={row.kind}>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                {row.supports ? (
                  <IconCheck size={13} aria-label="Agrees" color="var(--tone-good-fg)" />
                ) : (
                  <IconX size={13} aria-label="Differs" color="var(--tone-breached-fg)" />
                )}{' '}
                {lookUp(evidenceWords, row.kind) ?? sentence(inWords(row.kind))}
                {row.similarityPpm !== null && (
                  <span className="quiet"> {formatPpm(row.similarityPpm, reader)} alike</span>
                )}
              </Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{row.left ?? '–'}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{row.right ?? '–'}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Judgement match={match} registrationId={registration.id} />
    </div>
  );
}

function Judgement({ match, registrationId }: { match: Match; registrationId: string }): ReactNode {
  const may = useMay();
  const [words, setWords] = useState('');
  const judge = useWrite('POST /api/account-pairs', [
    'GET /api/deal-registrations/:id',
    'GET /api/tasks/:id',
    'GET /api/tasks',
    'GET /api/deal-registrations/:id/timeline',
  ]);
  if (match.judged !== null) {
    return (
      <p className="quiet" style={{ margin: '4px 8px' }}>
        {match.judgedBy ?? 'Somebody'} judged:{' '}
        {match.judged === 'same' ? 'the same company' : 'different companies'}.
      </p>
    );
  }
  if (!may('account.judge') || match.otherAccountId === '') return null;
  const send = (verdict: 'same' | 'different'): void =>
    judge.mutate({ body: { registrationId, otherAccountId: match.otherAccountId, verdict, words } });
  const missing = words.trim() === '';
  return (
    <div className="stack" style={{ padding: '4px 8px' }}>
      <div className="row">
        <TextInput
          size="xs"
          style={{ flex: '1 1 220px' }}
          aria-label={`Why ${match.otherName} is the same company or not`}
          placeholder="Why? It is remembered for every later match."
          value={words}
          onChange={({ currentTarget }) => setWords(currentTarget.value)}
        />
        <Button variant="default" disabled={missing} loading={judge.isPending} onClick={() => send('same')}>
          Same company
        </Button>
        <Button
          variant="default"
          disabled={missing}
          loading={judge.isPending}
          onClick={() => send('different')}
        >
          Different
        </Button>
      </div>
      <ProblemNotice error={judge.error} />
    </div>
  );
}
