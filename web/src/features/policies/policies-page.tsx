import { Button, Modal, NativeSelect, Table, TextInput } from '@mantine/core';
import { IconCheck, IconPencil } from '@tabler/icons-react';
import { Link, getRouteApi } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { PolicyVersion } from '../../../../api/contract/policies.ts';
import { policyOfToday } from '../../../../domain/deal-registration/policy-of-today.ts';
import { policyKinds, type PolicyKind } from '../../../../domain/policy-document.ts';
import { policyKindWords } from '../../../../domain/words/en.ts';
import { ToneBadge } from '../../components/badges.tsx';
import { Empty, LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { Page } from '../../components/page.tsx';
import { Day, ExactInstant } from '../../components/values.tsx';
import { call } from '../../lib/api.ts';
import { useRead, useWrite } from '../../lib/queries.ts';
import { useMay } from '../../lib/session.ts';

const route = getRouteApi('/policies');

/** Brings an older document to what documents of its kind are today, so that a draft can begin from it. */
const ofToday: Readonly<
  Record<PolicyKind, (body: Readonly<Record<string, unknown>>) => Record<string, unknown>>
> = {
  'deal-registration': policyOfToday,
  'special-pricing': (body) => ({ ...body }),
};

/** What a program without a policy of a kind cannot do. */
const withoutPolicy: Readonly<Record<PolicyKind, string>> = {
  'deal-registration': 'Nothing can be registered in it until then.',
  'special-pricing': 'No special price can be asked for in it until then.',
};

/** Every version of a program's policy of one kind: which is in effect, which is being written. */
export function PoliciesPage(): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const kind = policyKinds.find((one) => one === search.kind) ?? policyKinds[0];
  const programs = useRead('GET /api/programs', {});
  const programId = search.program ?? programs.data?.items[0]?.id ?? '';
  const policies = useRead(
    'GET /api/programs/:programId/policies',
    { params: { programId }, query: { kind } },
    { enabled: programId !== '', keepLast: true },
  );
  const items = policies.data?.items ?? [];
  return (
    <Page
      title="Policies"
      actions={
        <>
          <NativeSelect
            aria-label="Program"
            size="xs"
            value={programId}
            onChange={({ currentTarget: { value } }) =>
              void navigate({ search: { kind, program: value }, replace: true })
            }
            data={(programs.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          />
          <NativeSelect
            aria-label="Kind of policy"
            size="xs"
            value={kind}
            onChange={({ currentTarget: { value } }) =>
              void navigate({ search: { program: search.program, kind: value }, replace: true })
            }
            data={policyKinds.map((one) => ({ value: one, label: policyKindWords[one] }))}
          />
          {items.length > 0 && <DraftButton programId={programId} kind={kind} versions={items} />}
          <NewProgram onAdded={(id) => void navigate({ search: { program: id } })} />
        </>
      }
    >
      <ProblemNotice error={programs.error ?? policies.error} onRetry={() => void policies.refetch()} />
      <div
        className="table-frame"
        style={{ overflowX: 'auto' }}
        role="region"
        aria-label="Versions"
        tabIndex={0}
      >
        {policies.isPending ? (
          <LoadingRows rows={4} />
        ) : items.length === 0 ? (
          <Empty
            title={`This program has no policy of ${policyKindWords[kind].toLowerCase()} yet`}
            action={
              <FirstDraft
                key={kind}
                programId={programId}
                kind={kind}
                currency={programs.data?.items.find(({ id }) => id === programId)?.currency ?? ''}
              />
            }
          >
            {withoutPolicy[kind]} A draft begins here; a second person publishes it.
          </Empty>
        ) : (
          <Versions items={items} programId={programId} />
        )}
      </div>
    </Page>
  );
}

function Versions({ items, programId }: { items: readonly PolicyVersion[]; programId: string }): ReactNode {
  return (
    <Table aria-label="Versions of the policy">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Version</Table.Th>
          <Table.Th>State</Table.Th>
          <Table.Th>In effect</Table.Th>
          <Table.Th className="only-wide">Written by</Table.Th>
          <Table.Th className="only-wide">Published by</Table.Th>
          <Table.Th className="money only-wide">Open cases</Table.Th>
          <Table.Th className="only-wide">Note</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {items.map((one) => (
          <Table.Tr key={one.id}>
            <Table.Td>
              <Link className="cell-link" to="/policies/$id" params={{ id: one.id }} search={{ programId }}>
                {one.version === null ? 'Draft' : `Version ${one.version}`}
              </Link>
            </Table.Td>
            <Table.Td>
              <PolicyBadge policy={one} />
            </Table.Td>
            <Table.Td>
              {one.effectiveFrom !== null && (
                <>
                  <Day at={one.effectiveFrom} /> –{' '}
                  {one.effectiveTo === null ? 'until further notice' : <Day at={one.effectiveTo} />}
                </>
              )}
            </Table.Td>
            <Table.Td className="only-wide">{one.createdBy}</Table.Td>
            <Table.Td className="only-wide">
              {one.publishedBy !== null && (
                <>
                  {one.publishedBy}
                  {one.publishedAt !== null && (
                    <>
                      , <ExactInstant at={one.publishedAt} />
                    </>
                  )}
                </>
              )}
            </Table.Td>
            <Table.Td className="money only-wide">{one.openCases}</Table.Td>
            <Table.Td className="only-wide">{one.note}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

export function PolicyBadge({ policy }: { policy: Pick<PolicyVersion, 'status' | 'inEffect'> }): ReactNode {
  if (policy.status === 'draft') {
    return (
      <ToneBadge tone="waiting" icon={IconPencil}>
        Draft
      </ToneBadge>
    );
  }
  return policy.inEffect ? (
    <ToneBadge tone="good" icon={IconCheck}>
      In effect
    </ToneBadge>
  ) : (
    <ToneBadge tone="off" icon={IconCheck}>
      Published
    </ToneBadge>
  );
}

/** The draft that was begun is opened; what goes wrong is in `error`. */
function useBegin(
  programId: string,
  kind: PolicyKind,
): {
  begin: (body: Record<string, unknown>) => Promise<void>;
  pending: boolean;
  error: Error | null;
} {
  const navigate = route.useNavigate();
  const write = useWrite('POST /api/programs/:programId/policies', ['GET /api/programs/:programId/policies']);
  return {
    begin: async (body) => {
      const made = await write.mutateAsync({
        params: { programId },
        body: { kind, note: '', body: ofToday[kind](body) },
      });
      await navigate({ to: '/policies/$id', params: { id: made.id }, search: { programId } });
    },
    pending: write.isPending,
    error: write.error,
  };
}

/** Shown where it can be read; here so that it is not unhandled. */
function notBegun(error: unknown): void {
  console.warn('The draft could not be begun.', error);
}

/** A program's first draft begins from a document that ships with the product, in the program's own currency. */
function FirstDraft(props: { programId: string; kind: PolicyKind; currency: string }): ReactNode {
  const { programId, kind, currency } = props;
  const may = useMay();
  const examples = useRead('GET /api/policy-examples', {}, { enabled: may('policy.draft') });
  const [key, setKey] = useState('');
  const { begin, pending, error } = useBegin(programId, kind);
  if (!may('policy.draft')) return null;
  const items = (examples.data?.items ?? []).filter((one) => one.kind === kind);
  const chosen = items.find((one) => one.key === key) ?? items[0];
  return (
    <div className="stack" style={{ maxWidth: 460, margin: '8px auto 0', textAlign: 'left' }}>
      <NativeSelect
        label="Begin from"
        description={chosen?.note}
        value={chosen?.key ?? ''}
        onChange={({ currentTarget: { value } }) => setKey(value)}
        data={items.map((one) => ({ value: one.key, label: one.name }))}
      />
      <Button
        loading={pending}
        disabled={chosen === undefined}
        onClick={() => {
          if (chosen !== undefined) begin({ ...chosen.body, currency }).catch(notBegun);
        }}
      >
        Begin the first draft
      </Button>
      <ProblemNotice error={examples.error ?? error} />
    </div>
  );
}

/** A further program: its policy is a document, begun and published afterwards. */
function NewProgram({ onAdded }: { onAdded: (id: string) => void }): ReactNode {
  const may = useMay();
  const [opened, setOpened] = useState(false);
  const [typed, setTyped] = useState({ name: '', key: '', currency: 'EUR' });
  const add = useWrite('POST /api/programs', ['GET /api/programs']);
  if (!may('program.add')) return null;
  const key = typed.key === '' ? keyFor(typed.name) : typed.key;
  const change = (part: Partial<typeof typed>): void => setTyped((before) => ({ ...before, ...part }));
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        New program
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="New program">
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            add.mutate(
              { body: { name: typed.name, key, currency: typed.currency } },
              {
                onSuccess: ({ id }) => {
                  setOpened(false);
                  onAdded(id);
                },
              },
            );
          }}
        >
          <TextInput
            label="Name"
            description="As partners read it"
            required
            value={typed.name}
            onChange={({ currentTarget: { value } }) => change({ name: value })}
          />
          <TextInput
            label="Key"
            description="In files and addresses; it stays"
            required
            value={key}
            onChange={({ currentTarget: { value } }) => change({ key: value })}
          />
          <TextInput
            label="Currency"
            description="Three letters (ISO 4217); every amount of its policy is in it"
            required
            maxLength={3}
            value={typed.currency}
            onChange={({ currentTarget: { value } }) => change({ currency: value.toUpperCase() })}
          />
          <ProblemNotice error={add.error} />
          <div className="row">
            <Button type="submit" loading={add.isPending}>
              Add the program
            </Button>
            <Button variant="default" onClick={() => setOpened(false)}>
              Not now
            </Button>
          </div>
        </form>
      </Modal>
    </>
  );
}

/** "Harbour Program 2" → "harbour-program-2". */
function keyFor(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60);
}

/** Begins a draft as a copy of the latest version. */
function DraftButton(props: {
  programId: string;
  kind: PolicyKind;
  versions: readonly PolicyVersion[];
}): ReactNode {
  const { programId, kind, versions } = props;
  const may = useMay();
  const { begin, pending, error } = useBegin(programId, kind);
  const latest = versions.find(({ inEffect }) => inEffect) ?? versions[0];
  if (!may('policy.draft') || latest === undefined) return null;
  const copy = async (): Promise<void> => {
    const { body } = await call('GET /api/policies/:id', { params: { id: latest.id } });
    await begin(body);
  };
  return (
    <>
      <Button
        variant="default"
        loading={pending}
        onClick={() => {
          // What goes wrong is in `error`, or the list above could not have been read.
          copy().catch(notBegun);
        }}
      >
        Begin a draft
      </Button>
      <ProblemNotice error={error} />
    </>
  );
}
