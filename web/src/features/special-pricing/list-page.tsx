import { Button, NativeSelect, Table, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link, getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { SpecialPriceHead } from '../../../../api/contract/special-prices.ts';
import { specialPriceStatuses } from '../../../../domain/special-pricing/status.ts';
import { priceClosureWords, priceStatusWords } from '../../../../domain/words/special-pricing.ts';
import { formatPpm } from '../../../../domain/words/reader.ts';
import { DueBadge, PriceStatusBadge } from '../../components/badges.tsx';
import { NextStepAt } from '../../components/case-facts.tsx';
import { Drafts } from '../../components/drafts.tsx';
import { Empty, LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { Page, Section } from '../../components/page.tsx';
import { waitsForWords } from '../../components/price-case.tsx';
import { Instant, Money } from '../../components/values.tsx';
import { usePages } from '../../lib/pages.ts';
import { useRead } from '../../lib/queries.ts';
import { useMay, useReader, useSession } from '../../lib/session.ts';
import { isNarrow } from '../../lib/width.ts';
import { titleOfDraft } from './price-form-values.ts';
import { PriceTabs } from './tabs.tsx';

const route = getRouteApi('/special-prices');

/** Requests for special prices by filter; for a partner what needs him stands first. */
export function SpecialPricesPage(): ReactNode {
  const search = route.useSearch();
  const may = useMay();
  const { side } = useSession();
  const list = usePages('GET /api/special-prices', search);
  const ask = may('special_price.request') && (
    <Button component={Link} to="/special-prices/new" leftSection={<IconPlus size={14} />}>
      Ask for a special price
    </Button>
  );
  const isWhole = Object.values(search).every((value) => value === undefined);
  const needsMe =
    side === 'partner' && isWhole ? list.items.filter(({ waitingFor }) => waitingFor === 'partner') : [];
  const others = list.items.filter((one) => !needsMe.includes(one));
  return (
    <Page title="Special prices" lead={<PriceTabs />} actions={ask}>
      <Filters />
      <ProblemNotice error={list.error} onRetry={list.retry} />
      {needsMe.length > 0 && (
        <Section title="Needs you">
          <Requests rows={needsMe} />
        </Section>
      )}
      {may('special_price.request') && isWhole && (
        <Drafts
          routes="special-price-drafts"
          titleOf={titleOfDraft}
          linkTo={(draft) => ({ to: '/special-prices/new', search: { draft } })}
        />
      )}
      <div className="table-frame">
        {list.isPending ? (
          <LoadingRows rows={10} />
        ) : others.length > 0 ? (
          <Requests rows={others} />
        ) : (
          needsMe.length === 0 && <NoRequests isWhole={isWhole} ask={ask} />
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

function NoRequests({ isWhole, ask }: { isWhole: boolean; ask: ReactNode }): ReactNode {
  if (!isWhole)
    return (
      <Empty title="No request fits these filters">
        Change a filter, or wait: new ones appear by themselves.
      </Empty>
    );
  return (
    <Empty title="No special price was asked for yet" action={ask}>
      A request appears here with who has it, by when there is an answer, and what came of it.
    </Empty>
  );
}

function Filters(): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { side } = useSession();
  const programs = useRead('GET /api/programs', {});
  const change = (part: Partial<typeof search>): void =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  return (
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
          change({ status: specialPriceStatuses.find((status) => status === value) })
        }
        data={[
          { value: '', label: 'Any' },
          ...specialPriceStatuses.map((status) => ({ value: status, label: priceStatusWords[status] })),
        ]}
      />
      <NativeSelect
        label="Waits for"
        value={search.waitingFor ?? ''}
        onChange={({ currentTarget: { value } }) =>
          change({ waitingFor: (['partner', 'vendor', 'nobody'] as const).find((one) => one === value) })
        }
        data={[
          { value: '', label: 'Anybody' },
          { value: 'partner', label: side === 'partner' ? 'Me' : 'The partner' },
          { value: 'vendor', label: side === 'partner' ? 'The vendor' : 'Us' },
          { value: 'nobody', label: 'Nobody: it is over' },
        ]}
      />
      {(programs.data?.items.length ?? 0) > 1 && (
        <NativeSelect
          label="Program"
          value={search.programId ?? ''}
          onChange={({ currentTarget: { value } }) => change({ programId: value === '' ? undefined : value })}
          data={[
            { value: '', label: 'Any' },
            ...(programs.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
          ]}
        />
      )}
    </div>
  );
}

/** Who has it and what comes next, or why it ended. */
function Next({ row }: { row: SpecialPriceHead }): ReactNode {
  const { side } = useSession();
  if (row.closureCode !== null) return <span>{priceClosureWords[row.closureCode]}</span>;
  if (row.status === 'approved')
    return row.agreementId === null ? null : (
      <Link to="/special-prices/agreements/$id" params={{ id: row.agreementId }} className="numbers">
        {row.agreementReference}
      </Link>
    );
  return (
    <span>
      {waitsForWords(row, side)}
      {side === 'partner' && row.nextStep !== null && (
        <>
          . <NextStepAt one={row} />
        </>
      )}
    </span>
  );
}

function Requests({ rows }: { rows: readonly SpecialPriceHead[] }): ReactNode {
  const { side } = useSession();
  const reader = useReader();
  if (isNarrow()) return <RequestCards rows={rows} />;
  return (
    <Table aria-label="Requests for special prices">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Customer</Table.Th>
          {side === 'vendor' && <Table.Th>Partner</Table.Th>}
          <Table.Th>State</Table.Th>
          <Table.Th>{side === 'vendor' ? 'Who has it' : 'Who has it, and what comes next'}</Table.Th>
          {side === 'vendor' && <Table.Th>Due</Table.Th>}
          <Table.Th className="money">Net</Table.Th>
          <Table.Th className="money">Below</Table.Th>
          <Table.Th>Asked</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={row.id}>
            <Table.Td className="wide-cell">
              <Link className="cell-link" to="/special-prices/$id" params={{ id: row.id }}>
                {row.customerName}
              </Link>
              <div className="quiet numbers">{row.reference}</div>
            </Table.Td>
            {side === 'vendor' && <Table.Td className="clip partner-cell">{row.partnerName}</Table.Td>}
            <Table.Td>
              <PriceStatusBadge status={row.status} />
            </Table.Td>
            <Table.Td>
              <Next row={row} />
            </Table.Td>
            {side === 'vendor' && (
              <Table.Td>
                <DueBadge due={row.due} />
              </Table.Td>
            )}
            <Table.Td className="money">
              <Money amount={{ amountMinor: row.netMinor, currency: row.currency }} />
            </Table.Td>
            <Table.Td className="money">{formatPpm(row.discountPpm, reader)}</Table.Td>
            <Table.Td>
              <Instant at={row.submittedAt} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function RequestCards({ rows }: { rows: readonly SpecialPriceHead[] }): ReactNode {
  const { side } = useSession();
  const reader = useReader();
  return (
    <ul className="cards">
      {rows.map((row) => (
        <li key={row.id}>
          <div className="between" style={{ flexWrap: 'nowrap' }}>
            <Link className="cell-link clip" to="/special-prices/$id" params={{ id: row.id }}>
              {row.customerName}
            </Link>
            <Money amount={{ amountMinor: row.netMinor, currency: row.currency }} />
          </div>
          <div className="clip quiet">
            {side === 'vendor' && `${row.partnerName} · `}
            {formatPpm(row.discountPpm, reader)} below the standard price
          </div>
          <div className="row" style={{ marginTop: 4 }}>
            <PriceStatusBadge status={row.status} />
            <DueBadge due={side === 'vendor' ? row.due : null} />
            <Next row={row} />
          </div>
        </li>
      ))}
    </ul>
  );
}
