import { Button, Modal, NativeSelect, Table, TextInput } from '@mantine/core';
import { IconCheck, IconPencil } from '@tabler/icons-react';
import { Link, getRouteApi } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { PolicyVersion } from '../../../../api/contract/policies.ts';
import { policyOfToday } from '../../../../domain/deal-registration/policy-of-today.ts';
import { ToneBadge } from '../../components/badges.tsx';
import { Empty, LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { Page } from '../../components/page.tsx';
import { Day, ExactInstant } from '../../components/values.tsx';
import { call } from '../../lib/api.ts';
import { useRead, useWrite } from '../../lib/queries.ts';
import { useMay } from '../../lib/session.ts';

const route = getRouteApi('/policies');

/** Every version of a program's policy: which is in effect, which is being written. */
export function PoliciesPage(): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const programs = useRead('GET /api/programs', {});
  const programId = search.program ?? programs.data?.items[0]?.id ?? '';
  const policies = useRead(
    'GET /api/programs/:programId/policies',
    { params: { programId } },
    { enabled: programId !== '' },
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
              void navigate({ search: { program: value }, replace: true })
            }
            data={(programs.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          />
          {items.length > 0 && <DraftButton programId={programId} versions={items} />}
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
            title="This program has no policy yet"
            action={
              <FirstDraft
                programId={programId}
                currency={programs.data?.items.find(({ id }) => id === programId)?.currency ?? ''}
              />
            }
          >
            Nothing can be registered in it until then. A draft begins here; a second person publishes it.
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
function useBegin(programId: string): {
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
        body: { kind: 'deal-registration', note: '', body: policyOfToday(body) },
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
function FirstDraft({ programId, currency }: { programId: string; currency: string }): ReactNode {
  const may = useMay();
  const examples = useRead('GET /api/policy-examples', {}, { enabled: may('policy.draft') });
  const [key, setKey] = useState('');
  const { begin, pending, error } = useBegin(programId);
  if (!may('policy.draft')) return null;
  const items = examples.data?.items ?? [];
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
function DraftButton({
  programId,
  versions,
}: {
  programId: string;
  versions: readonly PolicyVersion[];
}): ReactNode {
  const may = useMay();
  const { begin, pending, error } = useBegin(programId);
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
