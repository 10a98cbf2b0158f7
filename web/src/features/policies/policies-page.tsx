import { Button, NativeSelect, Table } from '@mantine/core';
import { IconCheck, IconPencil } from '@tabler/icons-react';
import { Link, getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { PolicyVersion } from '../../../../api/contract/policies.ts';
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
          <DraftButton programId={programId} versions={items} />
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
          <Empty title="This program has no policy yet">
            A draft begins here; a second person publishes it.
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

/** Begins a draft as a copy of the latest version. */
function DraftButton({
  programId,
  versions,
}: {
  programId: string;
  versions: readonly PolicyVersion[];
}): ReactNode {
  const may = useMay();
  const navigate = route.useNavigate();
  const begin = useWrite('POST /api/programs/:programId/policies', ['GET /api/programs/:programId/policies']);
  const latest = versions.find(({ inEffect }) => inEffect) ?? versions[0];
  if (!may('policy.draft') || latest === undefined) return null;
  const copy = async (): Promise<void> => {
    const { body } = await call('GET /api/policies/:id', { params: { id: latest.id } });
    const made = await begin.mutateAsync({
      params: { programId },
      body: { kind: 'deal-registration', note: '', body },
    });
    await navigate({ to: '/policies/$id', params: { id: made.id }, search: { programId } });
  };
  return (
    <>
      <Button
        variant="default"
        loading={begin.isPending}
        onClick={() => {
          // What goes wrong is in `begin.error`, or the list above could not have been read.
          copy().catch((error: unknown) => console.warn('The draft could not be begun.', error));
        }}
      >
        Begin a draft
      </Button>
      <ProblemNotice error={begin.error} />
    </>
  );
}
