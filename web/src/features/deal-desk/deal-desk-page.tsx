import { Button, NativeSelect, Table } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link, getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { DealDesk, EndingRow } from '../../../../api/contract/deal-desk.ts';
import type { TaskRow } from '../../../../api/contract/tasks.ts';
import { inWords, lookUp, roleWords, sentence } from '../../../../domain/words/en.ts';
import { countWords, listWords } from '../../../../domain/words/reader.ts';
import { priceStatusWords } from '../../../../domain/words/special-pricing.ts';
import { DueBadge, PriceStatusBadge, ToneBadge } from '../../components/badges.tsx';
import { NextStepAt } from '../../components/case-facts.tsx';
import { Empty, LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { Page, Section } from '../../components/page.tsx';
import { Day, Instant, Money } from '../../components/values.tsx';
import { usePages, type Pages } from '../../lib/pages.ts';
import { useRead } from '../../lib/queries.ts';
import { isNarrow } from '../../lib/width.ts';

const route = getRouteApi('/deal-desk');
const READ_AGAIN_MS = 30_000;

/** Who is asked for special prices and by when, how much each has, what waits for partners, and what ends soon. */
export function DealDeskPage(): ReactNode {
  const desk = useRead('GET /api/deal-desk', {}, { everyMs: READ_AGAIN_MS });
  const data = desk.data;
  return (
    <Page
      title="Deal desk"
      lead={
        data !== undefined && (
          <>
            as of <Instant at={data.asOf} />
          </>
        )
      }
    >
      <ProblemNotice error={desk.error} onRetry={() => void desk.refetch()} />
      {desk.isPending && <LoadingRows rows={8} />}
      {data !== undefined && (
        <>
          <p style={{ margin: '0 0 10px' }}>{deskSentence(data)}</p>
          <Bands desk={data} />
          <Queue desk={data} />
          <Partners desk={data} />
          <Ending desk={data} />
          <Workload desk={data} />
        </>
      )}
    </Page>
  );
}

/** "12 questions are open, 3 of them late; 2 requests wait for their partners." */
function deskSentence({ cells, partners }: DealDesk): string {
  const sum = (key: 'open' | 'paused' | 'late'): number =>
    cells.reduce((total, cell) => total + cell[key], 0);
  const waiting = partners.counterOffered + partners.infoRequested;
  const open = sum('open');
  const questions =
    open === 0
      ? 'No question about a price is open'
      : `${countWords(open, 'question')} ${open === 1 ? 'is' : 'are'} open, ${sum('late') === 0 ? 'none' : sum('late')} of them late`;
  return `${questions}; ${waiting === 0 ? 'nothing waits' : `${countWords(waiting, 'request')} ${waiting === 1 ? 'waits' : 'wait'}`} for partners.`;
}

const roleName = (role: string): string => lookUp(roleWords, role) ?? sentence(inWords(role));
const bandName = (key: string): string => sentence(inWords(key));

function Late({ count }: { count: number }): ReactNode {
  if (count === 0) return 0;
  return (
    <ToneBadge tone="breached" icon={IconAlertTriangle}>
      {count} late
    </ToneBadge>
  );
}

/** Open questions by band and role; a row narrows the queue below. */
function Bands({ desk }: { desk: DealDesk }): ReactNode {
  return (
    <Section title="Open, by band and role">
      {desk.cells.length === 0 ? (
        <p className="quiet" style={{ margin: 0 }}>
          Nobody is asked for a price now.
        </p>
      ) : (
        <div style={{ overflowX: 'auto' }} role="region" aria-label="Open by band and role" tabIndex={0}>
          <Table aria-label="Open questions by band and role">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Band</Table.Th>
                <Table.Th>Asked</Table.Th>
                <Table.Th className="money">Open</Table.Th>
                <Table.Th className="money">Late</Table.Th>
                <Table.Th className="money only-wide">Paused</Table.Th>
                <Table.Th className="only-wide">Oldest</Table.Th>
                <Table.Th className="money only-wide">Deals</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {desk.cells.map((cell) => (
                <Table.Tr key={`${cell.bandKey} ${cell.queue}`}>
                  <Table.Td>
                    <Link
                      className="cell-link"
                      to="/deal-desk"
                      search={{ band: cell.bandKey, queue: cell.queue }}
                    >
                      {bandName(cell.bandKey)}
                    </Link>
                  </Table.Td>
                  <Table.Td>{roleName(cell.role)}</Table.Td>
                  <Table.Td className="money">{cell.open}</Table.Td>
                  <Table.Td className="money">
                    <Late count={cell.late} />
                  </Table.Td>
                  <Table.Td className="money only-wide">{cell.paused}</Table.Td>
                  <Table.Td className="only-wide">
                    {cell.oldestOpenedAt !== null && <Instant at={cell.oldestOpenedAt} />}
                  </Table.Td>
                  <Table.Td className="money only-wide">
                    {cell.deals.map((deal) => (
                      <div key={deal.currency}>
                        <Money amount={deal} />
                      </div>
                    ))}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </Section>
  );
}

function Queue({ desk }: { desk: DealDesk }): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (part: Partial<typeof search>): void =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const list = usePages('GET /api/tasks', { kind: 'pricing_approval', show: 'all', ...search });
  const bands = [...new Set(desk.cells.map(({ bandKey }) => bandKey))];
  const queues = [...new Map(desk.cells.map(({ queue, role }) => [queue, role]))];
  return (
    <Section title="Queue">
      <div className="filters" role="search">
        <NativeSelect
          label="Band"
          value={search.band ?? ''}
          onChange={({ currentTarget: { value } }) => change({ band: value === '' ? undefined : value })}
          data={[{ value: '', label: 'Any' }, ...bands.map((key) => ({ value: key, label: bandName(key) }))]}
        />
        <NativeSelect
          label="Asked"
          value={search.queue ?? ''}
          onChange={({ currentTarget: { value } }) => change({ queue: value === '' ? undefined : value })}
          data={[
            { value: '', label: 'Anybody' },
            ...queues.map(([queue, role]) => ({ value: queue, label: roleName(role) })),
          ]}
        />
        <NativeSelect
          label="Due"
          value={search.tone ?? ''}
          onChange={({ currentTarget: { value } }) =>
            change({
              tone: (['breached', 'dueSoon', 'waiting', 'paused'] as const).find((one) => one === value),
            })
          }
          data={[
            { value: '', label: 'Any' },
            { value: 'breached', label: 'Late' },
            { value: 'dueSoon', label: 'Due soon' },
            { value: 'waiting', label: 'In time' },
            { value: 'paused', label: 'Paused' },
          ]}
        />
      </div>
      <Listed list={list} empty="No question fits these filters.">
        {(rows) => <Questions rows={rows} />}
      </Listed>
    </Section>
  );
}

/** A list page by page, with what is said while it loads, when it fails and when it is empty. */
function Listed<Row>(props: {
  list: Pages<Row>;
  empty: string;
  children: (rows: readonly Row[]) => ReactNode;
}): ReactNode {
  const { list, empty, children } = props;
  return (
    <>
      <ProblemNotice error={list.error} onRetry={list.retry} />
      {list.isPending ? (
        <LoadingRows rows={4} />
      ) : list.items.length === 0 ? (
        <p className="quiet" style={{ margin: 0 }}>
          {empty}
        </p>
      ) : (
        children(list.items)
      )}
      {list.hasMore && (
        <Button variant="default" mt={10} loading={list.isLoadingMore} onClick={list.more}>
          Show more
        </Button>
      )}
    </>
  );
}

function Questions({ rows }: { rows: readonly TaskRow[] }): ReactNode {
  if (isNarrow())
    return (
      <ul className="cards flush">
        {rows.map((task) => (
          <li key={task.id}>
            <div className="between">
              <Link className="cell-link" to="/inbox" search={{ task: task.id, show: 'all' }}>
                {task.subject}
              </Link>
              <DueBadge due={task.due} />
            </div>
            <div className="quiet">
              {task.partnerName !== null && `${task.partnerName} · `}
              {roleName(task.role)} · open since <Instant at={task.openedAt} />
            </div>
          </li>
        ))}
      </ul>
    );
  return (
    <div style={{ overflowX: 'auto' }} role="region" aria-label="Queue" tabIndex={0}>
      <Table aria-label="Open questions, most urgent first">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Customer</Table.Th>
            <Table.Th>Band</Table.Th>
            <Table.Th>Asked</Table.Th>
            <Table.Th>Due</Table.Th>
            <Table.Th>Open since</Table.Th>
            <Table.Th className="money">Deal</Table.Th>
            <Table.Th>Held by</Table.Th>
            <Table.Th>Request</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((task) => (
            <Table.Tr key={task.id}>
              <Table.Td className="wide-cell clip">
                <Link className="cell-link" to="/inbox" search={{ task: task.id, show: 'all' }}>
                  {task.subject}
                </Link>{' '}
                <span className="quiet">{task.partnerName}</span>
              </Table.Td>
              <Table.Td>{task.bandKey !== null && bandName(task.bandKey)}</Table.Td>
              <Table.Td>{roleName(task.role)}</Table.Td>
              <Table.Td>
                <DueBadge due={task.due} />
              </Table.Td>
              <Table.Td>
                <Instant at={task.openedAt} />
              </Table.Td>
              <Table.Td className="money">{task.amount !== null && <Money amount={task.amount} />}</Table.Td>
              <Table.Td>{task.claimedBy?.displayName ?? ''}</Table.Td>
              <Table.Td className="numbers">
                <Link to="/special-prices/$id" params={{ id: task.caseId }}>
                  {task.reference}
                </Link>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

/** What waits for its partner: counter-offers that lapse, questions that close a request when nobody answers. */
function Partners({ desk }: { desk: DealDesk }): ReactNode {
  const { counterOffered, infoRequested } = desk.partners;
  const list = usePages('GET /api/special-prices', { waitingFor: 'partner' });
  return (
    <Section
      title="Waits for partners"
      aside={
        <span className="quiet">
          {countWords(counterOffered, 'counter-offer')}, {countWords(infoRequested, 'question')}
        </span>
      }
    >
      <Listed list={list} empty="No request waits for its partner.">
        {(rows) => (
          <ul className="cards flush">
            {rows.map((row) => (
              <li key={row.id} className="between">
                <span style={{ minWidth: 0 }}>
                  <Link className="cell-link" to="/special-prices/$id" params={{ id: row.id }}>
                    {row.customerName}
                  </Link>{' '}
                  <span className="quiet">
                    {row.partnerName} · {row.reference}
                  </span>
                </span>
                <span className="row">
                  <PriceStatusBadge status={row.status} />
                  <NextStepAt one={row} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Listed>
    </Section>
  );
}

/** Undecided requests whose validity runs out, and agreements that expire. */
function Ending({ desk }: { desk: DealDesk }): ReactNode {
  const { requests, agreements } = desk.ending;
  const list = usePages('GET /api/deal-desk/ending', {});
  return (
    <Section
      title="Ends within 14 days"
      aside={
        <span className="quiet">
          {countWords(requests, 'request')}, {countWords(agreements, 'agreement')}
        </span>
      }
    >
      <Listed list={list} empty="Nothing ends within 14 days.">
        {(rows) => (
          <ul className="cards flush">
            {rows.map((row) => (
              <li key={row.id} className="between">
                <span style={{ minWidth: 0 }}>
                  {linkTo(row)}{' '}
                  <span className="quiet">
                    {row.partnerName} · {row.reference}
                  </span>
                </span>
                <span>
                  {row.what === 'agreement'
                    ? 'agreement expires'
                    : `${(lookUp(priceStatusWords, row.status) ?? inWords(row.status)).toLowerCase()}, asked until`}{' '}
                  <Day at={lastDayOf(row)} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Listed>
    </Section>
  );
}

function linkTo(row: EndingRow): ReactNode {
  return row.what === 'agreement' ? (
    <Link className="cell-link" to="/special-prices/agreements/$id" params={{ id: row.id }}>
      {row.customerName}
    </Link>
  ) : (
    <Link className="cell-link" to="/special-prices/$id" params={{ id: row.id }}>
      {row.customerName}
    </Link>
  );
}

/** The last day of a request's validity, in UTC; of an agreement its end. */
function lastDayOf({ what, endsAt }: EndingRow): string {
  return what === 'agreement' ? endsAt : new Date(Date.parse(endsAt) - 1).toISOString().slice(0, 10);
}

function Workload({ desk }: { desk: DealDesk }): ReactNode {
  const most = Math.max(...desk.people.map(({ decidedLast30Days }) => decidedLast30Days), 1);
  return (
    <Section title="Workload">
      {desk.people.length === 0 ? (
        <Empty title="Nobody may decide prices">
          Whoever holds a role that the matrix asks appears here, with what he decided.
        </Empty>
      ) : (
        <div style={{ overflowX: 'auto' }} role="region" aria-label="Workload" tabIndex={0}>
          <Table aria-label="Workload by person">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Who</Table.Th>
                <Table.Th className="only-wide">Role</Table.Th>
                <Table.Th className="money">Holds</Table.Th>
                <Table.Th className="money">7 days</Table.Th>
                <Table.Th className="money">30 days</Table.Th>
                <Table.Th className="only-wide" w="25%">
                  <span className="visually-hidden">Share</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {desk.people.map((person) => (
                <Table.Tr key={person.id}>
                  <Table.Td>{person.displayName}</Table.Td>
                  <Table.Td className="only-wide">
                    {person.roles.length === 0 ? (
                      <span className="quiet">no such role any more</span>
                    ) : (
                      listWords(person.roles.map(roleName))
                    )}
                  </Table.Td>
                  <Table.Td className="money">{person.holds}</Table.Td>
                  <Table.Td className="money">{person.decidedLast7Days}</Table.Td>
                  <Table.Td className="money">{person.decidedLast30Days}</Table.Td>
                  <Table.Td className="only-wide">
                    <div
                      className="bar-cell"
                      style={{ width: `${(person.decidedLast30Days / most) * 100}%` }}
                    />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
      <p className="quiet" style={{ margin: '8px 0 0' }}>
        Held: claimed now, or put to somebody by name. Decided: without what was taken back.
      </p>
    </Section>
  );
}
