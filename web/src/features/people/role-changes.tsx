import { Button, Textarea } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { RoleChangeView } from '../../../../api/contract/role-changes.ts';
import type { RoleChange } from '../../../../domain/role-change.ts';
import { sentence } from '../../../../domain/words/en.ts';
import { countWords } from '../../../../domain/words/reader.ts';
import { describeRoleChange, roleVerdictRefusalWords } from '../../../../domain/words/role-changes.ts';
import { LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { Section } from '../../components/page.tsx';
import { Instant } from '../../components/values.tsx';
import { VerbButton } from '../../components/verb-button.tsx';
import { useRead, useWrite } from '../../lib/queries.ts';
import { useReader } from '../../lib/session.ts';

/** What was proposed and waits for its second person, and what was decided last. */
export function RoleChanges(): ReactNode {
  const read = useRead('GET /api/role-changes', {});
  const items = read.data?.items ?? [];
  const open = items.filter(({ status }) => status === 'open');
  const decided = items.filter(({ status }) => status !== 'open');
  return (
    <Section
      title="Proposed changes"
      aside={<span className="quiet">{open.length > 0 && countWords(open.length, 'waits', 'wait')}</span>}
    >
      <ProblemNotice error={read.error} onRetry={() => void read.refetch()} />
      {read.isPending && <LoadingRows rows={2} />}
      {read.data !== undefined && open.length === 0 && (
        <p className="quiet" style={{ margin: 0 }}>
          Nothing waits. What an administrator proposes holds once a second person has confirmed it here.
        </p>
      )}
      <ul className="cards" aria-label="Proposed changes">
        {open.map((one) => (
          <Proposal key={one.id} one={one} />
        ))}
      </ul>
      {decided.length > 0 && (
        <details className="fold">
          <summary>Decided ({decided.length})</summary>
          <ul className="sentences">
            {decided.map((one) => (
              <li key={one.id}>
                <Sentence one={one} />: {one.status}
                {one.decidedBy !== null && ` by ${one.decidedBy}`}
                {one.decidedAt !== null && (
                  <>
                    {' '}
                    <Instant at={one.decidedAt} />
                  </>
                )}
                {one.decidedWords !== null && ` “${one.decidedWords}”`}
                <span className="quiet"> Proposed by {one.proposedBy.displayName}.</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Section>
  );
}

function Sentence({ one }: { one: RoleChangeView }): ReactNode {
  const name =
    one.person.partnerName === null
      ? one.person.displayName
      : `${one.person.displayName} of ${one.person.partnerName}`;
  return describeRoleChange(changeOf(one), name, useReader());
}

function changeOf({ kind, role, limit }: RoleChangeView): RoleChange {
  if (kind === 'suspend' || kind === 'reinstate' || role === null)
    return { kind: kind === 'reinstate' ? 'reinstate' : 'suspend' };
  return kind === 'take_role' ? { kind, role } : { kind, role, limit };
}

const whyNot = (key: RoleChangeView['whyNotConfirm']): string | null =>
  key === null ? null : roleVerdictRefusalWords[key];

function Proposal({ one }: { one: RoleChangeView }): ReactNode {
  const [verdict, setVerdict] = useState<'confirm' | 'decline' | null>(null);
  return (
    <li style={{ padding: '8px 0' }}>
      <div className="between">
        <span>
          <strong>
            <Sentence one={one} />
          </strong>
          <span className="quiet wrap">
            {' '}
            proposed by {one.proposedBy.displayName} <Instant at={one.proposedAt} />: “{one.words}”
          </span>
        </span>
        <span className="row">
          <VerbButton
            label="Confirm…"
            filled
            chosen={verdict === 'confirm'}
            why={whyNot(one.whyNotConfirm)}
            onPress={() => setVerdict('confirm')}
          />
          <VerbButton
            label="Decline…"
            chosen={verdict === 'decline'}
            why={whyNot(one.whyNotDecline)}
            onPress={() => setVerdict('decline')}
          />
        </span>
      </div>
      {verdict !== null && (
        <Verdict key={verdict} id={one.id} verdict={verdict} onClose={() => setVerdict(null)} />
      )}
    </li>
  );
}

/** Whoever opened the form goes on typing. */
function focus(element: HTMLTextAreaElement | null): void {
  element?.focus();
}

function Verdict(props: { id: string; verdict: 'confirm' | 'decline'; onClose: () => void }): ReactNode {
  const { id, verdict, onClose } = props;
  const [words, setWords] = useState('');
  const decide = useWrite('POST /api/role-changes/:id/decision', [
    'GET /api/role-changes',
    'GET /api/people-and-roles',
  ]);
  return (
    <form
      className="stack"
      style={{ marginTop: 8, maxWidth: 720 }}
      onSubmit={(event) => {
        event.preventDefault();
        decide.mutate({ params: { id }, body: { verdict, words } }, { onSuccess: onClose });
      }}
    >
      <Textarea
        ref={focus}
        label={verdict === 'confirm' ? 'Why it is right' : 'Why not'}
        required
        maxLength={2000}
        value={words}
        onChange={({ currentTarget: { value } }) => setWords(value)}
      />
      <ProblemNotice error={decide.error} />
      <div className="row">
        <Button type="submit" loading={decide.isPending} disabled={words.trim().length < 3}>
          {sentence(verdict)}
        </Button>
        <Button variant="default" onClick={onClose}>
          Not now
        </Button>
        <span className="quiet">{verdict === 'confirm' ? 'It holds at once.' : 'Nothing changes.'}</span>
      </div>
    </form>
  );
}
