import { Button, Checkbox, NativeSelect, Table, TextInput } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { Link, getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { RegistrationListRow } from '../../../../api/contract/deal-registrations.ts';
import { registrationStatuses } from '../../../../domain/deal-registration/status.ts';
import { statusWords } from '../../../../domain/words/en.ts';
import { DueBadge, StatusBadge } from '../../components/badges.tsx';
import { Empty, LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { Page } from '../../components/page.tsx';
import { News } from '../../components/news.tsx';
import { queryOf, SavedViews } from '../../components/saved-views.tsx';
import { Instant, Money } from '../../components/values.tsx';
import { addressOf } from '../../lib/api.ts';
import { useRead } from '../../lib/queries.ts';
import { useMay, useSession } from '../../lib/session.ts';
import { usePages } from '../../lib/pages.ts';
import { isNarrow } from '../../lib/width.ts';
import { readListSearch } from './list-search.ts';
import { MyRegistrations } from './my-registrations.tsx';
import { RegistrationCards } from './registration-rows.tsx';

const route = getRouteApi('/deal-registrations');

/** Registrations by filter for the vendor's people; what is mine, and what needs me, for a partner. */
export function RegistrationsPage(): ReactNode {
  const { side } = useSession();
  return side === 'partner' ? <MyRegistrations /> : <AllRegistrations />;
}

function AllRegistrations(): ReactNode {
  const search = route.useSearch();
  const may = useMay();
  const list = usePages('GET /api/deal-registrations', search);
  return (
    <Page
      title="Registrations"
      lead={<Views />}
      actions={
        may('registration.export') && (
          <Button
            component="a"
            variant="default"
            leftSection={<IconDownload size={14} />}
            href={addressOf('GET /api/deal-registrations.csv', { query: search })}
            download
          >
            Export CSV
          </Button>
        )
      }
    >
      <Filters />
      <ProblemNotice error={list.error} onRetry={list.retry} />
      <div className="table-frame">
        {list.isPending ? <LoadingRows rows={12} /> : <RegistrationTable rows={list.items} />}
      </div>
      {list.hasMore && (
        <Button variant="default" mt={10} loading={list.isLoadingMore} onClick={list.more}>
          Show more
        </Button>
      )}
    </Page>
  );
}

function Views(): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <SavedViews
      screen="registrations"
      query={queryOf(search)}
      onOpen={(query) => void navigate({ search: readListSearch(query) })}
    />
  );
}

function Filters(): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const programs = useRead('GET /api/programs', {});
  const change = (part: Partial<typeof search>): void =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  return (
    <div className="filters" role="search">
      <TextInput
        label="Search"
        placeholder="Customer, opportunity, reference"
        defaultValue={search.search ?? ''}
        onChange={({ currentTarget: { value } }) => change({ search: value === '' ? undefined : value })}
        w={240}
      />
      <NativeSelect
        label="State"
        value={search.status ?? ''}
        onChange={({ currentTarget: { value } }) =>
          change({ status: registrationStatuses.find((status) => status === value) })
        }
        data={[
          { value: '', label: 'Any' },
          ...registrationStatuses.map((status) => ({ value: status, label: statusWords[status] })),
        ]}
      />
      <NativeSelect
        label="Waits for"
        value={search.needs ?? ''}
        onChange={({ currentTarget: { value } }) =>
          change({ needs: (['me', 'partner', 'vendor'] as const).find((side) => side === value) })
        }
        data={[
          { value: '', label: 'Anybody' },
          { value: 'me', label: 'Me' },
          { value: 'vendor', label: 'The vendor' },
          { value: 'partner', label: 'The partner' },
        ]}
      />
      <NativeSelect
        label="Program"
        value={search.programId ?? ''}
        onChange={({ currentTarget: { value } }) => change({ programId: value === '' ? undefined : value })}
        data={[
          { value: '', label: 'Any' },
          ...(programs.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
        ]}
      />
      <TextInput
        type="date"
        label="From"
        value={search.submittedFrom ?? ''}
        onChange={({ currentTarget: { value } }) =>
          change({ submittedFrom: value === '' ? undefined : value })
        }
      />
      <TextInput
        type="date"
        label="To"
        value={search.submittedTo ?? ''}
        onChange={({ currentTarget: { value } }) => change({ submittedTo: value === '' ? undefined : value })}
      />
      <NativeSelect
        label="Order"
        value={search.sort ?? 'submitted'}
        onChange={({ currentTarget: { value } }) =>
          change({ sort: value === 'due' || value === 'value' ? value : undefined })
        }
        data={[
          { value: 'submitted', label: 'Newest first' },
          { value: 'due', label: 'Due first' },
          { value: 'value', label: 'Largest first' },
        ]}
      />
      <Checkbox
        label="Changed since I looked"
        size="xs"
        className="beside-fields"
        checked={search.changed !== undefined}
        onChange={({ currentTarget: { checked } }) =>
          change({ changed: checked ? 'since_i_looked' : undefined })
        }
      />
    </div>
  );
}

function RegistrationTable({ rows }: { rows: readonly RegistrationListRow[] }): ReactNode {
  if (rows.length === 0) {
    return (
      <Empty title="No registration fits these filters">
        Change a filter, or wait: new ones appear by themselves.
      </Empty>
    );
  }
  if (isNarrow()) return <RegistrationCards rows={rows} />;
  return (
    <Table aria-label="Registrations">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Customer and opportunity</Table.Th>
          <Table.Th>Partner</Table.Th>
          <Table.Th>State</Table.Th>
          <Table.Th>Due</Table.Th>
          <Table.Th className="money">Value</Table.Th>
          <Table.Th>Registered</Table.Th>
          <Table.Th>Reference</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={row.id}>
            <Table.Td className="wide-cell" title={row.opportunityName}>
              <div className="with-news">
                <span className="clip">
                  <Link className="cell-link" to="/deal-registrations/$id" params={{ id: row.id }}>
                    {row.customerName}
                  </Link>{' '}
                  <span className="quiet">{row.opportunityName}</span>
                </span>
                <News news={row.news} />
              </div>
            </Table.Td>
            <Table.Td className="clip partner-cell">{row.partnerName}</Table.Td>
            <Table.Td>
              <StatusBadge status={row.status} />
            </Table.Td>
            <Table.Td>
              <DueBadge due={row.due} />
            </Table.Td>
            <Table.Td className="money">
              <Money amount={row.value} />
            </Table.Td>
            <Table.Td>
              <Instant at={row.submittedAt} />
            </Table.Td>
            <Table.Td className="numbers">{row.reference}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
