import { Button, Modal, Table, TextInput } from '@mantine/core';
import { IconCheck, IconHourglass, IconMinus } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { DistributorRelation } from '../../../../api/contract/distributor-relations.ts';
import { ToneBadge } from '../../components/badges.tsx';
import { Empty, LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { Page, Section } from '../../components/page.tsx';
import { SearchPicker, type Found } from '../../components/search-picker.tsx';
import { Day } from '../../components/values.tsx';
import { useNowMs } from '../../lib/now.ts';
import { useRead, useWrite } from '../../lib/queries.ts';
import { useMay, useSession } from '../../lib/session.ts';

const route = getRouteApi('/distributors');
const refresh = ['GET /api/distributor-relations'] as const;
const SHOWN = 100;

/** Through whom resellers buy, from when until when: the vendor's people see all, a partner his own. */
export function DistributorsPage(): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const may = useMay();
  const { side } = useSession();
  const [adding, setAdding] = useState(false);
  const [changing, setChanging] = useState<DistributorRelation | null>(null);
  const words = search.search ?? '';
  const read = useRead(
    'GET /api/distributor-relations',
    { query: { search: words, limit: SHOWN } },
    { keepLast: true },
  );
  const items = read.data?.items ?? [];
  return (
    <Page
      title="Distributors"
      actions={
        may('distributor.write') && (
          <Button variant="default" aria-expanded={adding} onClick={() => setAdding(!adding)}>
            New relation
          </Button>
        )
      }
    >
      <ProblemNotice error={read.error} onRetry={() => void read.refetch()} />
      {adding && <NewRelation onDone={() => setAdding(false)} />}
      {side === 'vendor' && (
        <div className="filters" role="search">
          <TextInput
            type="search"
            label="Search"
            placeholder="Reseller or distributor"
            value={words}
            onChange={({ currentTarget: { value } }) =>
              void navigate({ search: { search: value === '' ? undefined : value }, replace: true })
            }
            w={240}
          />
        </div>
      )}
      <div
        className="table-frame"
        style={{ overflowX: 'auto' }}
        role="region"
        aria-label="Relations"
        tabIndex={0}
      >
        {read.isPending ? (
          <LoadingRows rows={4} />
        ) : items.length === 0 ? (
          <Empty title={words === '' ? 'Nobody buys through a distributor' : 'No partner has these words'}>
            {side === 'partner'
              ? 'You buy from the vendor itself. When that changes, your account manager says so here.'
              : 'A relation says through whom a reseller buys, from which day on.'}
          </Empty>
        ) : (
          <Relations items={items} onChange={may('distributor.write') ? setChanging : null} />
        )}
      </div>
      {read.data !== undefined && read.data.nextCursor !== null && (
        <p className="quiet">The first {SHOWN} by reseller. Type to find others.</p>
      )}
      {changing !== null && (
        <LastDay key={changing.id} relation={changing} onClose={() => setChanging(null)} />
      )}
    </Page>
  );
}

function Relations(props: {
  items: readonly DistributorRelation[];
  onChange: ((relation: DistributorRelation) => void) | null;
}): ReactNode {
  const { onChange } = props;
  return (
    <Table aria-label="Who buys through whom">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Reseller</Table.Th>
          <Table.Th className="only-wide">Distributor</Table.Th>
          <Table.Th>Days</Table.Th>
          <Table.Th className="only-wide">State</Table.Th>
          {onChange !== null && <Table.Th aria-label="Change" />}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {props.items.map((relation) => (
          <Table.Tr key={relation.id}>
            <Table.Td>
              {relation.reseller.name}
              <span className="only-phone quiet">through {relation.distributor.name}</span>
            </Table.Td>
            <Table.Td className="only-wide">{relation.distributor.name}</Table.Td>
            <Table.Td>
              <Day at={relation.fromDate} /> –{' '}
              {relation.toDate === null ? 'until further notice' : <Day at={relation.toDate} />}
            </Table.Td>
            <Table.Td className="only-wide">
              <State relation={relation} />
            </Table.Td>
            {onChange !== null && (
              <Table.Td>
                <Button
                  variant="default"
                  size="compact-xs"
                  aria-label={`Change the last day of ${relation.reseller.name} with ${relation.distributor.name}`}
                  onClick={() => onChange(relation)}
                >
                  Last day…
                </Button>
              </Table.Td>
            )}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function State({ relation }: { relation: DistributorRelation }): ReactNode {
  const today = new Date(useNowMs()).toISOString().slice(0, 10);
  if (relation.holds)
    return (
      <ToneBadge tone="good" icon={IconCheck}>
        Holds
      </ToneBadge>
    );
  return relation.fromDate > today ? (
    <ToneBadge tone="waiting" icon={IconHourglass}>
      To come
    </ToneBadge>
  ) : (
    <ToneBadge tone="off" icon={IconMinus}>
      Over
    </ToneBadge>
  );
}

function useFoundDistributors(words: string): Found {
  return useFound({ search: words, kind: 'distributor', limit: 30 });
}

function useFoundPartners(words: string): Found {
  return useFound({ search: words, limit: 30 });
}

function useFound(query: { search: string; kind?: 'distributor'; limit: number }): Found {
  const found = useRead('GET /api/partners', { query }, { keepLast: true });
  return {
    options: (found.data?.items ?? [])
      .filter(({ kind }) => query.kind !== undefined || kind !== 'distributor')
      .map(({ id, name }) => ({ value: id, label: name })),
    chosen: null,
    isPending: found.isPending,
    error: found.error,
  };
}

function NewRelation({ onDone }: { onDone: () => void }): ReactNode {
  const [typed, setTyped] = useState({ resellerId: '', distributorId: '', fromDate: '', toDate: '' });
  const add = useWrite('POST /api/distributor-relations', refresh);
  const change = (part: Partial<typeof typed>): void => setTyped((before) => ({ ...before, ...part }));
  return (
    <Section title="New relation">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate(
            { body: { ...typed, toDate: typed.toDate === '' ? null : typed.toDate } },
            { onSuccess: onDone },
          );
        }}
      >
        <div className="form-grid">
          <SearchPicker
            label="Reseller"
            placeholder="Type to find a partner"
            required
            value={typed.resellerId}
            onChange={(resellerId) => change({ resellerId })}
            useFound={useFoundPartners}
          />
          <SearchPicker
            label="Buys through"
            placeholder="Type to find a distributor"
            required
            value={typed.distributorId}
            onChange={(distributorId) => change({ distributorId })}
            useFound={useFoundDistributors}
          />
          <TextInput
            type="date"
            label="First day"
            required
            value={typed.fromDate}
            onChange={({ currentTarget: { value } }) => change({ fromDate: value })}
          />
          <TextInput
            type="date"
            label="Last day"
            description="Empty: until further notice"
            value={typed.toDate}
            onChange={({ currentTarget: { value } }) => change({ toDate: value })}
          />
        </div>
        <ProblemNotice error={add.error} />
        <div className="row">
          <Button
            type="submit"
            loading={add.isPending}
            disabled={typed.resellerId === '' || typed.distributorId === '' || typed.fromDate === ''}
          >
            Add
          </Button>
          <Button variant="default" onClick={onDone}>
            Not now
          </Button>
        </div>
      </form>
    </Section>
  );
}

/** The last day of a relation; what was sold on an earlier day stays sold through the distributor. */
function LastDay({ relation, onClose }: { relation: DistributorRelation; onClose: () => void }): ReactNode {
  const [toDate, setToDate] = useState(relation.toDate ?? '');
  const save = useWrite('PUT /api/distributor-relations/:id', refresh);
  return (
    <Modal opened onClose={onClose} title={`${relation.reseller.name} through ${relation.distributor.name}`}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(
            { params: { id: relation.id }, body: { toDate: toDate === '' ? null : toDate } },
            { onSuccess: onClose },
          );
        }}
      >
        <TextInput
          type="date"
          label="Last day"
          description="Empty: until further notice. Sales of that day still count."
          min={relation.fromDate}
          value={toDate}
          onChange={({ currentTarget: { value } }) => setToDate(value)}
        />
        <ProblemNotice error={save.error} />
        <div className="row">
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
        </div>
      </form>
    </Modal>
  );
}
