import { Button, NativeSelect, Table, TextInput } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { Link, getRouteApi } from '@tanstack/react-router';
import { Suspense, lazy, type ReactNode } from 'react';
import type { AnalyticsPart, PricingAnalytics } from '../../../../api/contract/pricing-analytics.ts';
import { inWords } from '../../../../domain/words/en.ts';
import { formatDay, formatMoney, formatPpm } from '../../../../domain/words/reader.ts';
import { LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { Page, Section } from '../../components/page.tsx';
import { Day } from '../../components/values.tsx';
import { addressOf } from '../../lib/api.ts';
import { useRead } from '../../lib/queries.ts';
import { useReader } from '../../lib/session.ts';
import {
  atOnceSentence,
  bandName,
  causesWords,
  className,
  leakageSentence,
  roleName,
  timesSentence,
  timeWords,
  winSentence,
} from './figures.ts';

const route = getRouteApi('/pricing-analytics');
const plots = () => import('./plots.tsx');
const TimesPlot = lazy(async () => ({ default: (await plots()).TimesPlot }));
const AtOncePlot = lazy(async () => ({ default: (await plots()).AtOncePlot }));
const WinRatePlot = lazy(async () => ({ default: (await plots()).WinRatePlot }));
const CorridorPlot = lazy(async () => ({ default: (await plots()).CorridorPlot }));
const LeakagePlot = lazy(async () => ({ default: (await plots()).LeakagePlot }));

/** As many rows as a plot can show beside their names; the table has them all. */
const PLOTTED = 12;

/** How fast prices are decided, how many at once, what they win, where they lie, and what is given beyond policy. */
export function PricingAnalyticsPage(): ReactNode {
  const { currency: _, ...query } = route.useSearch();
  const read = useRead('GET /api/pricing-analytics', { query }, { keepLast: true });
  const data = read.data;
  return (
    <Page
      title="Price figures"
      lead={
        data !== undefined && (
          <>
            <Day at={data.from} /> to <Day at={data.to} />
          </>
        )
      }
    >
      <Filters data={data} />
      <ProblemNotice error={read.error} onRetry={() => void read.refetch()} />
      {read.isPending && <LoadingRows rows={12} />}
      {data !== undefined && (
        <>
          <Times data={data} />
          <AtOnce data={data} />
          <WinRates data={data} />
          <Corridors data={data} />
          <Leakage data={data} />
        </>
      )}
    </Page>
  );
}

function Filters({ data }: { data: PricingAnalytics | undefined }): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const programs = useRead('GET /api/programs', {});
  const change = (part: Partial<typeof search>): void =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const given = (value: string): string | undefined => (value === '' ? undefined : value);
  return (
    <div className="filters" role="search">
      <TextInput
        type="date"
        label="From"
        value={search.from ?? data?.from ?? ''}
        onChange={({ currentTarget: { value } }) => change({ from: given(value) })}
      />
      <TextInput
        type="date"
        label="To"
        value={search.to ?? data?.to ?? ''}
        onChange={({ currentTarget: { value } }) => change({ to: given(value) })}
      />
      <NativeSelect
        label="Program"
        value={search.programId ?? ''}
        onChange={({ currentTarget: { value } }) => change({ programId: given(value) })}
        data={[
          { value: '', label: 'Any' },
          ...(programs.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
        ]}
      />
      <NativeSelect
        label="Segment"
        value={search.segment ?? ''}
        onChange={({ currentTarget: { value } }) => change({ segment: given(value) })}
        data={[
          { value: '', label: 'Any' },
          ...[
            ...new Set([
              ...(data?.choices.segments ?? []),
              ...(search.segment === undefined ? [] : [search.segment]),
            ]),
          ].map((segment) => ({ value: segment, label: inWords(segment) })),
        ]}
      />
      <NativeSelect
        label="Family"
        value={search.family ?? ''}
        onChange={({ currentTarget: { value } }) => change({ family: given(value) })}
        data={[
          { value: '', label: 'Any' },
          ...(data?.choices.families ?? []).map(({ key, name }) => ({ value: key, label: name })),
        ]}
      />
    </div>
  );
}

/** The link that a browser opens by itself. */
function CsvLink({ part, what }: { part: AnalyticsPart; what: string }): ReactNode {
  const { currency: _, ...query } = route.useSearch();
  return (
    <Button
      component="a"
      variant="subtle"
      color="gray"
      leftSection={<IconDownload size={14} />}
      href={addressOf('GET /api/pricing-analytics.csv', { query: { ...query, part } })}
      download
      aria-label={`Export as CSV: ${what}`}
    >
      CSV
    </Button>
  );
}

/** A plot with its table: beside it where there is room, below it elsewhere. */
function Figures({ plot, table }: { plot: ReactNode; table: ReactNode }): ReactNode {
  return (
    <div className="plot-and-table">
      <Suspense fallback={<LoadingRows rows={4} />}>{plot}</Suspense>
      {table}
    </div>
  );
}

function FigureTable(props: {
  label: string;
  /** A column of figures lies at the right. */
  columns: readonly { readonly label: string; readonly figures?: boolean; readonly onlyWide?: boolean }[];
  rows: readonly { readonly key: string; readonly cells: readonly ReactNode[] }[];
}): ReactNode {
  const { label, columns, rows } = props;
  const classOf = (place: number): string =>
    [columns[place]?.figures === true ? 'money' : '', columns[place]?.onlyWide === true ? 'only-wide' : '']
      .filter((name) => name !== '')
      .join(' ');
  return (
    <div className="scrolled-table" role="region" aria-label={label} tabIndex={0}>
      <Table aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column, place) => (
              <Table.Th key={column.label} className={classOf(place)}>
                {column.label}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ key, cells }) => (
            <Table.Tr key={key}>
              {cells.map((cell, place) => (
                <Table.Td key={columns[place]?.label ?? place} className={classOf(place)}>
                  {cell}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

const lead = { margin: '0 0 8px' };

function Times({ data }: { data: PricingAnalytics }): ReactNode {
  return (
    <>
      <TimesOf
        title="Time to decision, by band"
        part="bands"
        lead={timesSentence(data.byBand, 'request')}
        first="Band"
        rows={data.byBand.map((row) => ({ ...row, name: bandName(row.bandKey) }))}
      />
      <TimesOf
        title="Time to decision, by team"
        part="teams"
        lead={timesSentence(data.byTeam, 'question')}
        first="Asked"
        rows={data.byTeam.map((row) => ({ ...row, name: roleName(row.role) }))}
      />
    </>
  );
}

function TimesOf(props: {
  title: string;
  part: AnalyticsPart;
  lead: string;
  first: string;
  rows: readonly (Omit<PricingAnalytics['byBand'][number], 'bandKey'> & { readonly name: string })[];
}): ReactNode {
  const { title, part, rows, first } = props;
  return (
    <Section title={title} aside={<CsvLink part={part} what={title} />}>
      <p style={lead}>{props.lead} Calendar time, waiting for the partner included.</p>
      {rows.length > 0 && (
        <Figures
          plot={<TimesPlot rows={rows} />}
          table={
            <FigureTable
              label={title}
              columns={[
                { label: first },
                { label: 'Median', figures: true },
                { label: '3 of 4', figures: true },
                { label: 'Decided', figures: true },
                { label: 'Undecided', figures: true },
              ]}
              rows={rows.map((row) => ({
                key: row.name,
                cells: [
                  row.name,
                  timeWords(row.medianSeconds),
                  timeWords(row.p75Seconds),
                  row.decided,
                  row.censored,
                ],
              }))}
            />
          }
        />
      )}
    </Section>
  );
}

function AtOnce({ data }: { data: PricingAnalytics }): ReactNode {
  const reader = useReader();
  const { weeks } = data.atOnce;
  return (
    <Section title="Cleared at once" aside={<CsvLink part="at-once" what="Cleared at once" />}>
      <p style={lead}>{atOnceSentence(data.atOnce, reader)}</p>
      {weeks.length > 0 && (
        <Figures
          plot={<AtOncePlot weeks={weeks} />}
          table={
            <FigureTable
              label="Cleared at once, by week"
              columns={[
                { label: 'Week of' },
                { label: 'Requests', figures: true },
                { label: 'At once', figures: true },
                { label: 'Share', figures: true },
              ]}
              rows={weeks.map((week) => ({
                key: week.weekStart,
                cells: [
                  formatDay(week.weekStart, reader),
                  week.requests,
                  week.cleared,
                  week.sharePpm === null ? '–' : formatPpm(week.sharePpm, reader),
                ],
              }))}
            />
          }
        />
      )}
    </Section>
  );
}

function WinRates({ data }: { data: PricingAnalytics }): ReactNode {
  const reader = useReader();
  const any = data.winRate.some(({ approved }) => approved > 0);
  return (
    <Section title="Discount against win rate" aside={<CsvLink part="win-rate" what="Win rates" />}>
      <p style={lead}>{winSentence(data.winRate)}</p>
      {any && (
        <Figures
          plot={<WinRatePlot rows={data.winRate} />}
          table={
            <FigureTable
              label="Win rate by discount off the standard net"
              columns={[
                { label: 'Discount' },
                { label: 'Approved', figures: true },
                { label: 'Won', figures: true },
                { label: 'Not won', figures: true },
                { label: 'Win rate', figures: true },
              ]}
              rows={data.winRate.map((row) => ({
                key: String(row.toPpm),
                cells: [
                  className(row, reader),
                  row.approved,
                  row.won,
                  row.notWon,
                  row.winPpm === null ? '–' : formatPpm(row.winPpm, reader),
                ],
              }))}
            />
          }
        />
      )}
    </Section>
  );
}

function Corridors({ data }: { data: PricingAnalytics }): ReactNode {
  const reader = useReader();
  const rows = data.corridor;
  return (
    <Section title="Price corridor" aside={<CsvLink part="corridor" what="Price corridor" />}>
      <p style={lead}>
        {rows.length === 0
          ? 'No line was approved in this period.'
          : 'How far approved lines lie below list, by product and segment: 8 in 10 within the bar, the middle one as a dot.'}
        {rows.length > PLOTTED && ` Plotted: the ${PLOTTED} with the most lines.`}
        {!data.corridorComplete && ` There are more than ${rows.length}: narrow the filters.`}
      </p>
      {rows.length > 0 && (
        <Figures
          plot={<CorridorPlot rows={rows.slice(0, PLOTTED)} />}
          table={
            <FigureTable
              label="Off list by product and segment"
              columns={[
                { label: 'Product' },
                { label: 'Segment', onlyWide: true },
                { label: 'Lines', figures: true },
                { label: '1 in 10', figures: true, onlyWide: true },
                { label: 'Middle', figures: true },
                { label: '9 in 10', figures: true },
              ]}
              rows={rows.map((row) => ({
                key: `${row.sku} ${row.segment ?? ''}`,
                cells: [
                  <>
                    {row.productName}
                    {row.segment !== null && (
                      <span className="quiet only-phone"> {inWords(row.segment)}</span>
                    )}
                  </>,
                  row.segment === null ? '–' : inWords(row.segment),
                  row.lines,
                  formatPpm(row.p10Ppm, reader),
                  formatPpm(row.p50Ppm, reader),
                  formatPpm(row.p90Ppm, reader),
                ],
              }))}
            />
          }
        />
      )}
    </Section>
  );
}

function Leakage({ data }: { data: PricingAnalytics }): ReactNode {
  const reader = useReader();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { leakage } = data;
  const currencies = leakage.beyond.map((amount) => amount.currency);
  const currency = currencies.find((one) => one === search.currency) ?? currencies[0];
  const whoOf = (row: (typeof leakage.byPerson)[number]): string =>
    row.displayName ?? 'Earlier approvals that stood';
  const plotted = leakage.byPerson
    .flatMap((row) =>
      row.beyond
        .filter((amount) => amount.currency === currency)
        .map(({ amountMinor }) => ({ name: whoOf(row), amountMinor })),
    )
    .toSorted((a, b) => b.amountMinor - a.amountMinor)
    .slice(0, PLOTTED);
  return (
    <>
      <Section
        title="Given beyond policy"
        aside={
          <span className="row">
            {currencies.length > 1 && currency !== undefined && (
              <NativeSelect
                aria-label="Currency of the plot"
                size="xs"
                value={currency}
                onChange={({ currentTarget: { value } }) =>
                  void navigate({ search: (before) => ({ ...before, currency: value }), replace: true })
                }
                data={currencies}
              />
            )}
            <CsvLink part="leakage" what="Given beyond policy" />
          </span>
        }
      >
        <p style={lead}>
          {leakageSentence(leakage, reader)} By whose last word it was given; what other people agreed to
          before is not counted twice.
        </p>
        {currency !== undefined && (
          <Figures
            plot={<LeakagePlot rows={plotted} currency={currency} />}
            table={
              <FigureTable
                label="Given beyond policy, by whom"
                columns={[
                  { label: 'Who' },
                  { label: 'As', onlyWide: true },
                  { label: 'Requests', figures: true },
                  { label: 'Beyond policy', figures: true },
                ]}
                rows={leakage.byPerson.map((row) => ({
                  key: `${row.personId ?? ''} ${row.role ?? ''}`,
                  cells: [
                    whoOf(row),
                    row.role === null ? '–' : roleName(row.role),
                    row.requests,
                    row.beyond.map((amount) => (
                      <div key={amount.currency}>{formatMoney(amount, reader)}</div>
                    )),
                  ],
                }))}
              />
            }
          />
        )}
      </Section>
      {leakage.exceptions.length > 0 && <Exceptions rows={leakage.exceptions} />}
    </>
  );
}

function Exceptions({ rows }: { rows: PricingAnalytics['leakage']['exceptions'] }): ReactNode {
  const reader = useReader();
  return (
    <Section title="The largest of them" aside={<CsvLink part="exceptions" what="The largest of them" />}>
      <FigureTable
        label="The largest given beyond policy"
        columns={[
          { label: 'Customer' },
          { label: 'Partner', onlyWide: true },
          { label: 'Discount', figures: true },
          { label: 'Beyond policy', figures: true },
          { label: 'Band', onlyWide: true },
          { label: 'Also because of', onlyWide: true },
          { label: 'By', onlyWide: true },
          { label: 'Decided', onlyWide: true },
        ]}
        rows={rows.map((row) => ({
          key: row.requestId,
          cells: [
            <Link key="link" className="cell-link" to="/special-prices/$id" params={{ id: row.requestId }}>
              {row.customerName}
            </Link>,
            row.partnerName,
            formatPpm(row.discountPpm, reader),
            formatMoney({ amountMinor: row.beyondMinor, currency: row.currency }, reader),
            bandName(row.bandKey),
            causesWords(row.causes),
            row.by ?? '–',
            <Day key="day" at={row.decidedAt} />,
          ],
        }))}
      />
    </Section>
  );
}
