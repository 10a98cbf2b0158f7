import { Button, Table } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { RegistrationListRow } from '../../../../api/contract/deal-registrations.ts';
import { countWords } from '../../../../domain/words/reader.ts';
import { StatusBadge } from '../../components/badges.tsx';
import { Drafts } from '../../components/drafts.tsx';
import { Empty, LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { News } from '../../components/news.tsx';
import { Page, Section } from '../../components/page.tsx';
import { Day, Money } from '../../components/values.tsx';
import { usePages } from '../../lib/pages.ts';
import { useMay } from '../../lib/session.ts';
import { isNarrow } from '../../lib/width.ts';
import { NextStep, RegistrationCards } from './registration-rows.tsx';

/** A partner's own: what needs him first, then everything with its next step, date and why. */
export function MyRegistrations(): ReactNode {
  const may = useMay();
  const list = usePages('GET /api/deal-registrations', {});
  const needsMe = list.items.filter(({ waitingFor }) => waitingFor === 'partner');
  const register = may('registration.submit') && (
    <Button component={Link} to="/deal-registrations/new" leftSection={<IconPlus size={14} />}>
      Register a deal
    </Button>
  );
  const others = list.items.filter(({ waitingFor }) => waitingFor !== 'partner');
  return (
    <Page title="My registrations" actions={register}>
      <ProblemNotice error={list.error} onRetry={list.retry} />
      {list.isPending && <LoadingRows rows={8} />}
      {!list.isPending && (
        <>
          <Section
            title="Needs you"
            aside={
              <span className="quiet">
                {needsMe.length > 0 && countWords(needsMe.length, 'registration')}
              </span>
            }
          >
            {needsMe.length === 0 ? (
              <p className="quiet" style={{ margin: 0 }}>
                Nothing waits for you.
              </p>
            ) : (
              <OwnTable rows={needsMe} />
            )}
          </Section>
          <Drafts
            routes="registration-drafts"
            titleOf={titleOf}
            linkTo={(draft) => ({ to: '/deal-registrations/new', search: { draft } })}
          />
          <Section title="All others">
            {others.length === 0 ? (
              <Empty title="No registrations yet" action={register}>
                A registered deal appears here with who looks at it, and by when you have an answer.
              </Empty>
            ) : (
              <OwnTable rows={others} />
            )}
          </Section>
          {list.hasMore && (
            <Button variant="default" loading={list.isLoadingMore} onClick={list.more}>
              Show more
            </Button>
          )}
        </>
      )}
    </Page>
  );
}

function OwnTable({ rows }: { rows: readonly RegistrationListRow[] }): ReactNode {
  if (isNarrow()) return <RegistrationCards rows={rows} />;
  return (
    <Table aria-label="Registrations">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Customer and opportunity</Table.Th>
          <Table.Th>State</Table.Th>
          <Table.Th>What happens next, and why</Table.Th>
          <Table.Th className="money">Value</Table.Th>
          <Table.Th>Protected until</Table.Th>
          <Table.Th>Reference</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={row.id}>
            <Table.Td>
              <Link className="cell-link" to="/deal-registrations/$id" params={{ id: row.id }}>
                {row.customerName}
              </Link>{' '}
              <span className="quiet">{row.opportunityName}</span> <News news={row.news} />
            </Table.Td>
            <Table.Td>
              <StatusBadge status={row.status} />
            </Table.Td>
            <Table.Td>
              <NextStep row={row} />
            </Table.Td>
            <Table.Td className="money">
              <Money amount={row.value} />
            </Table.Td>
            <Table.Td>{row.protectedUntil !== null && <Day at={row.protectedUntil} />}</Table.Td>
            <Table.Td className="numbers">{row.reference}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function titleOf(body: Record<string, unknown>): string {
  const customer = body['customer'];
  const name =
    typeof customer === 'object' && customer !== null && 'legalName' in customer ? customer.legalName : '';
  const parts = [name, body['opportunityName']].filter((part) => typeof part === 'string' && part !== '');
  return parts.length === 0 ? 'Untitled' : parts.join(': ');
}
