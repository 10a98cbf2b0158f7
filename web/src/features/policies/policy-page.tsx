import { Button, NativeSelect, TextInput } from '@mantine/core';
import { Link, getRouteApi } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { policyKindWords } from '../../../../domain/words/en.ts';
import type { Answer } from '../../lib/api.ts';
import { DocumentEditor } from '../../components/document-editor.tsx';
import { LoadingRows, Notice, ProblemNotice } from '../../components/notices.tsx';
import { Page, Section } from '../../components/page.tsx';
import { ExactInstant, FactList } from '../../components/values.tsx';
import { useRead, useWrite } from '../../lib/queries.ts';
import { useMay, useSession } from '../../lib/session.ts';
import { PolicyBadge } from './policies-page.tsx';
import { summarise } from './summary.ts';

const route = getRouteApi('/policies/$id');
type Policy = Answer<'GET /api/policies/:id'>;

const refresh = [
  'GET /api/policies/:id',
  'GET /api/policies/:id/changes',
  'GET /api/programs/:programId/policies',
] as const;

/** One version: what it says in words, what differs from another, the document, and its publication. */
export function PolicyPage(): ReactNode {
  const { id } = route.useParams();
  const { programId } = route.useSearch();
  const read = useRead('GET /api/policies/:id', { params: { id } });
  const policy = read.data;
  const may = useMay();
  return (
    <Page
      title={titleOf(policy)}
      lead={policy !== undefined && <PolicyBadge policy={policy} />}
      actions={
        <Link to="/policies" search={{ program: programId, kind: policy?.kind }}>
          All versions
        </Link>
      }
    >
      <ProblemNotice error={read.error} onRetry={() => void read.refetch()} />
      {policy === undefined ? (
        read.isPending && <LoadingRows rows={10} />
      ) : (
        <>
          <Section title="What it says">
            <FactList facts={[...aboutOf(policy), ...summarise(policy.kind, policy.body)]} />
          </Section>
          <Changes policy={policy} />
          {policy.status === 'draft' && <Publication policy={policy} />}
          {policy.status === 'draft' && may('policy.draft') ? (
            <Editor key={policy.id} policy={policy} />
          ) : (
            <details className="surface section fold">
              <summary>The document</summary>
              <pre className="data">{JSON.stringify(policy.body, null, 2)}</pre>
            </details>
          )}
        </>
      )}
    </Page>
  );
}

function titleOf(policy: Policy | undefined): string {
  if (policy === undefined) return 'Policy';
  const kind = policyKindWords[policy.kind].toLowerCase();
  return policy.version === null
    ? `Draft of a policy of ${kind}`
    : `Policy of ${kind}, version ${policy.version}`;
}

function aboutOf(policy: Policy): { label: string; value: ReactNode }[] {
  return [
    { label: 'Written by', value: policy.createdBy },
    { label: 'Published by', value: policy.publishedBy },
    {
      label: 'In effect from',
      value: policy.effectiveFrom === null ? null : <ExactInstant at={policy.effectiveFrom} />,
    },
    {
      label: 'In effect until',
      value: policy.effectiveTo === null ? null : <ExactInstant at={policy.effectiveTo} />,
    },
    { label: 'Open cases under it', value: policy.openCases },
    { label: 'Note', value: policy.note },
  ];
}

/** What differs from another version, a sentence a change. The other one is in the address. */
function Changes({ policy }: { policy: Policy }): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { programId } = search;
  const programs = useRead('GET /api/programs', {}, { enabled: programId === undefined });
  const candidates = programId === undefined ? (programs.data?.items.map(({ id }) => id) ?? []) : [programId];
  return (
    <Section title="What changes">
      {candidates.map((candidate) => (
        <ChangesIn
          key={candidate}
          policy={policy}
          programId={candidate}
          since={search.since}
          onSince={(since) => void navigate({ search: (before) => ({ ...before, since }), replace: true })}
        />
      ))}
    </Section>
  );
}

function ChangesIn(props: {
  policy: Policy;
  programId: string;
  since: string | undefined;
  onSince: (since: string) => void;
}): ReactNode {
  const { policy, programId, onSince } = props;
  const versions = useRead('GET /api/programs/:programId/policies', {
    params: { programId },
    query: { kind: policy.kind },
  });
  const items = versions.data?.items ?? [];
  const belongs = items.some(({ id }) => id === policy.id);
  const others = items.filter(({ id, version }) => id !== policy.id && version !== null);
  const since = props.since ?? others.find(({ inEffect }) => inEffect)?.id ?? others[0]?.id ?? '';
  const changes = useRead(
    'GET /api/policies/:id/changes',
    { params: { id: policy.id }, query: { since } },
    { enabled: belongs && since !== '' },
  );
  if (!belongs) return null;
  if (others.length === 0) return <p className="quiet">There is no other version to compare it with.</p>;
  return (
    <>
      <NativeSelect
        label="Compared with"
        w={220}
        value={since}
        onChange={({ currentTarget: { value } }) => onSince(value)}
        data={others.map(({ id, version, inEffect }) => ({
          value: id,
          label: `Version ${version ?? ''}${inEffect ? ' (in effect)' : ''}`,
        }))}
      />
      <ProblemNotice error={changes.error} onRetry={() => void changes.refetch()} />
      {changes.data !== undefined &&
        (changes.data.changes.length === 0 ? (
          <p className="quiet">Nothing differs.</p>
        ) : (
          <ul className="diff" style={{ marginTop: 8 }}>
            {changes.data.changes.map((change) => (
              <li key={change}>{change}</li>
            ))}
          </ul>
        ))}
    </>
  );
}

/** A second person publishes, from a date on; the author sees why he cannot. */
function Publication({ policy }: { policy: Policy }): ReactNode {
  const may = useMay();
  const { person } = useSession();
  const [from, setFrom] = useState('');
  const publish = useWrite('POST /api/policies/:id/publication', refresh);
  const isAuthor = policy.createdById === person.id;
  return (
    <Section title="Publish">
      {isAuthor ? (
        <Notice tone="waiting">
          You wrote this draft, so somebody else publishes it. It stays open for you to edit until then.
        </Notice>
      ) : may('policy.publish') ? (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            const effectiveFrom = (from === '' ? new Date() : new Date(from)).toISOString();
            publish.mutate({ params: { id: policy.id }, body: { effectiveFrom } });
          }}
        >
          <div className="row" style={{ alignItems: 'flex-end' }}>
            <TextInput
              type="datetime-local"
              label="In effect from"
              description="Empty: from now on. Cases that are open keep the version they began under."
              value={from}
              onChange={(event) => setFrom(event.currentTarget.value)}
            />
            <Button type="submit" size="sm" loading={publish.isPending}>
              Publish
            </Button>
          </div>
          <ProblemNotice error={publish.error} />
        </form>
      ) : (
        <Notice tone="waiting">Your role does not publish policies.</Notice>
      )}
    </Section>
  );
}

/** The draft as text. Every error comes at once, with the place it is about. */
function Editor({ policy }: { policy: Policy }): ReactNode {
  const save = useWrite('PUT /api/policies/:id', refresh);
  return (
    <Section title="The document">
      <DocumentEditor
        noun="document"
        label="Document (JSON)"
        rows={{ least: 16, most: 36 }}
        document={policy.body}
        note={policy.note}
        noteLabel="Note: why this version"
        onSave={(body, note) => save.mutate({ params: { id: policy.id }, body: { note, body } })}
        save={save}
        saved="Saved."
      />
    </Section>
  );
}
