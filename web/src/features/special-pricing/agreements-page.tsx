import { Button, NativeSelect, Table, TextInput } from '@mantine/core';
import { Link, getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { PricingAgreementHead } from '../../../../api/contract/special-prices.ts';
import { pricingAgreementStatuses } from '../../../../domain/special-pricing/status.ts';
import { agreementStatusWords } from '../../../../domain/words/special-pricing.ts';
import { AgreementStatusBadge, DueBadge } from '../../components/badges.tsx';
import { Empty, LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { Page } from '../../components/page.tsx';
import { Day } from '../../components/values.tsx';
import { usePages } from '../../lib/pages.ts';
import { useSession } from '../../lib/session.ts';
import { isNarrow } from '../../lib/width.ts';
import { PriceTabs } from './tabs.tsx';

const route = getRouteApi('/special-prices/agreements');

/** Agreements on special prices by filter, newest first. */
export function AgreementsPage(): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const list = usePages('GET /api/pricing-agreements', search);
  const change = (part: Partial<typeof search>): void =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  return (
    <Page title="Price agreements" lead={<PriceTabs />}>
      <div className="filters" role="search">
        <TextInput
          label="Search"
          placeholder="Customer, reference"
          defaultValue={search.search ?? ''}
          onChange={({ currentTarget: { value } }) => change({ search: value === '' ? undefined : value })}
          w={220}
        />
        <NativeSelect
          label="State"
          value={search.status ?? ''}
          onChange={({ currentTarget: { value } }) =>
            change({ status: pricingAgreementStatuses.find((status) => status === value) })
          }
          data={[
            { value: '', label: 'Any' },
            ...pricingAgreementStatuses.map((status) => ({
              value: status,
              label: agreementStatusWords[status],
            })),
          ]}
        />
      </div>
      <ProblemNotice error={list.error} onRetry={list.retry} />
      <div className="table-frame">
        {list.isPending ? (
          <LoadingRows rows={8} />
        ) : list.items.length === 0 ? (
          <Empty title="No agreement fits">
            An approved special price stands here, with its caps and until when it holds.
          </Empty>
        ) : (
          <Agreements rows={list.items} />
        )}
      </div>
      {list.hasMore && (
        <Button variant="default" mt={10} loading={list.isLoadingMore} onClick={list.more}>
          Show more
        </Button>
      )}
    </Page>
  );
}

function Agreements({ rows }: { rows: readonly PricingAgreementHead[] }): ReactNode {
  const { side } = useSession();
  if (isNarrow())
    return (
      <ul className="cards">
        {rows.map((row) => (
          <li key={row.id}>
            <div className="between" style={{ flexWrap: 'nowrap' }}>
              <Link className="cell-link clip" to="/special-prices/agreements/$id" params={{ id: row.id }}>
                {row.customerName}
              </Link>
              <span className="numbers">{row.reference}</span>
            </div>
            <div className="clip quiet">
              {side === 'vendor' ? row.partnerName : (row.distributorName ?? row.programName)}
            </div>
            <div className="row" style={{ marginTop: 4 }}>
              <AgreementStatusBadge status={row.status} />
              <span>
                until <Day at={row.validUntil} />, version {row.version}
              </span>
            </div>
          </li>
        ))}
      </ul>
    );
  return (
    <Table aria-label="Price agreements">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Customer</Table.Th>
          {side === 'vendor' && <Table.Th>Partner</Table.Th>}
          <Table.Th>Distributor</Table.Th>
          <Table.Th>State</Table.Th>
          <Table.Th>Valid</Table.Th>
          <Table.Th>Ends</Table.Th>
          <Table.Th className="money">Version</Table.Th>
          <Table.Th>Reference</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={row.id}>
            <Table.Td className="wide-cell">
              <Link className="cell-link" to="/special-prices/agreements/$id" params={{ id: row.id }}>
                {row.customerName}
              </Link>
            </Table.Td>
            {side === 'vendor' && <Table.Td className="clip partner-cell">{row.partnerName}</Table.Td>}
            <Table.Td className="clip partner-cell">{row.distributorName}</Table.Td>
            <Table.Td>
              <AgreementStatusBadge status={row.status} />
            </Table.Td>
            <Table.Td>
              <Day at={row.validFrom} /> – <Day at={row.validUntil} />
            </Table.Td>
            <Table.Td>
              <DueBadge due={row.due} />
            </Table.Td>
            <Table.Td className="money">{row.version}</Table.Td>
            <Table.Td className="numbers">{row.reference}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
