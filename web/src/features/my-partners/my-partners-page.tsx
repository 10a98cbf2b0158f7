import { Table } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { MyPartners } from '../../../../api/contract/my-partners.ts';
import { attentionWords, inWords, sentence } from '../../../../domain/words/en.ts';
import { countWords } from '../../../../domain/words/reader.ts';
import { Empty, LoadingRows, Notice, ProblemNotice } from '../../components/notices.tsx';
import { News } from '../../components/news.tsx';
import { Page, Section } from '../../components/page.tsx';
import { Instant, Money } from '../../components/values.tsx';
import { useRead } from '../../lib/queries.ts';
import { ProtectionEnds } from './protection-ends.tsx';

/** Deadlines come nearer without anything happening to a case. */
const READ_AGAIN_MS = 60_000;

/** Which of my partners needs me today, and why. */
export function MyPartnersPage(): ReactNode {
  const read = useRead('GET /api/my-partners', {}, { everyMs: READ_AGAIN_MS });
  const { data } = read;
  return (
    <Page title="My partners" lead={data === undefined ? undefined : leadOf(data)}>
      <ProblemNotice error={read.error} onRetry={() => void read.refetch()} />
      {read.isPending && <LoadingRows rows={10} />}
      {data !== undefined && data.partners.length === 0 && (
        <Empty title="No partner is yours to look after">
          An administrator says who looks after which partner; yours appear here.
        </Empty>
      )}
      {data !== undefined && data.partners.length > 0 && (
        <>
          {data.cut && (
            <Notice tone="dueSoon">
              You have more open registrations than fit here; the latest 2,000 are counted.
            </Notice>
          )}
          <Attention rows={data.attention} />
          {data.protections.length > 0 && <ProtectionEnds rows={data.protections} />}
          <Partners rows={data.partners} />
        </>
      )}
    </Page>
  );
}

function leadOf({ partners, attention }: MyPartners): string {
  const needing = partners.filter((partner) => partner.attention > 0).length;
  if (attention.length === 0) return `None of your ${countWords(partners.length, 'partner')} needs you now.`;
  return `${needing} of ${countWords(partners.length, 'partner')} ${needing === 1 ? 'needs' : 'need'} you: ${countWords(attention.length, 'case')}.`;
}

/** The next best action for each case that needs somebody, most pressing first. */
function Attention({ rows }: { rows: MyPartners['attention'] }): ReactNode {
  return (
    <Section title="Needs you">
      {rows.length === 0 ? (
        <p className="quiet" style={{ margin: 0 }}>
          Nothing is late, at risk or about to end.
        </p>
      ) : (
        <ul className="cards flush">
          {rows.map((row) => (
            <li key={row.caseId} className="attention">
              <span className="attention-what">
                <strong>{attentionWords[row.reason].title}</strong> <Instant at={row.at} />
                <span className="quiet"> {attentionWords[row.reason].action}</span>
              </span>
              <span className="clip">
                <Link className="cell-link" to="/deal-registrations/$id" params={{ id: row.caseId }}>
                  {row.customerName}
                </Link>{' '}
                <span className="quiet">
                  {row.partnerName} · {row.opportunityName}
                </span>{' '}
                <News news={row.news} />
              </span>
              <span className="money">
                <Money amount={row.amount} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

const parts = [
  { name: 'waitsForVendor', label: 'wait for us', tone: 'waiting' },
  { name: 'waitsForPartner', label: 'wait for the partner', tone: 'due' },
  { name: 'protected', label: 'protected', tone: 'good' },
] as const;

/** Each partner's open registrations by whom they wait for, on one scale. */
function Partners({ rows }: { rows: MyPartners['partners'] }): ReactNode {
  const openOf = (row: MyPartners['partners'][number]): number =>
    row.waitsForVendor + row.waitsForPartner + row.protected;
  const most = Math.max(...rows.map(openOf), 1);
  const order = rows.toSorted(
    (left, right) => right.attention - left.attention || openOf(right) - openOf(left),
  );
  return (
    <Section
      title="Open registrations, and whom they wait for"
      aside={
        <span className="row quiet">
          {parts.map(({ name, label, tone }) => (
            <span key={name} className="row" style={{ gap: 4 }}>
              <span className="swatch" data-tone={tone} aria-hidden /> {label}
            </span>
          ))}
        </span>
      }
    >
      <Table aria-label="Partners">
        <Table.Thead className="visually-hidden">
          <Table.Tr>
            <Table.Th>Partner</Table.Th>
            <Table.Th>Open registrations</Table.Th>
            <Table.Th>Changed since you looked</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {order.map((row) => (
            <Table.Tr key={row.id}>
              <Table.Td className="clip partner-cell">
                <Link className="cell-link" to="/deal-registrations" search={{ partnerId: row.id }}>
                  {row.name}
                </Link>{' '}
                <span className="quiet">
                  {row.standing === 'good'
                    ? sentence(inWords(row.tier))
                    : `${sentence(inWords(row.tier))}, ${inWords(row.standing)}`}
                </span>
              </Table.Td>
              <Table.Td style={{ width: '60%' }}>
                <Bar row={row} most={most} />
              </Table.Td>
              <Table.Td className="numbers only-wide">
                {row.changed > 0 && (
                  <Link
                    className="news"
                    to="/deal-registrations"
                    search={{ partnerId: row.id, changed: 'since_i_looked' }}
                  >
                    {row.changed} changed
                  </Link>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}

function Bar({ row, most }: { row: MyPartners['partners'][number]; most: number }): ReactNode {
  const shown = parts.filter(({ name }) => row[name] > 0);
  if (shown.length === 0) return <span className="quiet">None open</span>;
  return (
    <span
      className="parts"
      role="img"
      aria-label={shown.map(({ name, label }) => `${row[name]} ${label}`).join(', ')}
    >
      {shown.map(({ name, tone }) => (
        <span key={name} data-tone={tone} style={{ width: `${(row[name] / most) * 100}%` }}>
          {row[name]}
        </span>
      ))}
    </span>
  );
}
