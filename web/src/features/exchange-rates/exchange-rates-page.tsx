import { Button, Table, TextInput } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link, getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type {
  ExchangeRateFileView,
  ExchangeRateView,
  RateChanges,
} from '../../../../api/contract/exchange-rates.ts';
import { countWords, formatPpm, formatRate } from '../../../../domain/words/reader.ts';
import { ToneBadge } from '../../components/badges.tsx';
import { BringFile, WhoPublishes } from '../../components/draft-file.tsx';
import { Empty, LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { Page, Section } from '../../components/page.tsx';
import { Day, ExactInstant } from '../../components/values.tsx';
import { useRead, useWrite } from '../../lib/queries.ts';
import { useMay, useReader } from '../../lib/session.ts';

const route = getRouteApi('/exchange-rates');
const refresh = [
  'GET /api/exchange-rates',
  'GET /api/exchange-rates/pair',
  'GET /api/exchange-rate-files',
] as const;

/** By what amounts are converted: the rates of a day, where they come from, and the file that waits for a second person. */
export function ExchangeRatesPage(): ReactNode {
  const search = route.useSearch();
  const may = useMay();
  const files = useRead('GET /api/exchange-rate-files', {});
  const draft = files.data?.items.find(({ status }) => status === 'draft');
  const published = files.data?.items.filter(({ status }) => status === 'published') ?? [];
  const [base, quote] = (search.pair ?? '').split('-');
  return (
    <Page title="Exchange rates">
      <ProblemNotice error={files.error} onRetry={() => void files.refetch()} />
      {draft !== undefined && <Draft draft={draft} />}
      {may('exchange_rate.draft') && <NewRates />}
      <RatesOfADay on={search.on} />
      {base !== undefined && quote !== undefined && <Pair base={base} quote={quote} />}
      <Section title="Where they come from">
        {files.isPending && <LoadingRows rows={2} />}
        {published.map((file) => (
          <p key={file.id} style={{ margin: '0 0 8px', fontSize: 13 }}>
            <ExactInstant at={file.publishedAt ?? file.createdAt} />: {countWords(file.entries, 'rate')} from{' '}
            {file.fileName}, brought by {file.createdBy}, published by {file.publishedBy}: “{file.note}”
          </p>
        ))}
        {files.data !== undefined && published.length === 0 && (
          <p className="quiet" style={{ margin: 0 }}>
            No file was published yet.
          </p>
        )}
      </Section>
    </Page>
  );
}

/** The draft with what it adds; a second person publishes it. */
function Draft({ draft }: { draft: ExchangeRateFileView }): ReactNode {
  const may = useMay();
  const publish = useWrite('POST /api/exchange-rate-files/:id/publication', refresh);
  const drop = useWrite('DELETE /api/exchange-rate-files/:id', refresh);
  const params = { id: draft.id };
  return (
    <Section title="Rates wait for a second person">
      <p style={{ margin: '0 0 8px' }}>
        {draft.createdBy}, <ExactInstant at={draft.createdAt} />, from {draft.fileName}: “{draft.note}”
      </p>
      <Changes changes={draft.changes} />
      <WhoPublishes why={draft.whyNotPublish} what="rates" />
      <ProblemNotice error={publish.error ?? drop.error} />
      <div className="row" style={{ marginTop: 8 }}>
        {draft.whyNotPublish === null && (
          <Button loading={publish.isPending} onClick={() => publish.mutate({ params })}>
            Publish
          </Button>
        )}
        {may('exchange_rate.draft') && (
          <Button variant="default" loading={drop.isPending} onClick={() => drop.mutate({ params })}>
            Throw the draft away
          </Button>
        )}
      </div>
    </Section>
  );
}

/** A file becomes a draft, or every error of it is shown. */
function NewRates(): ReactNode {
  const bring = useWrite('POST /api/exchange-rate-files', refresh);
  return (
    <BringFile
      title="Bring rates"
      columns="base, quote, validFrom, rate, source"
      error={bring.error}
      verdict={bring.data}
      onFile={(body, done) => bring.mutate({ body }, { onSettled: done })}
    />
  );
}

/** A rate of a freely traded pair hardly moves so far between two files; a slipped decimal point does. */
const CONSPICUOUS_PPM = 100_000;

function Move({ changePpm }: { changePpm: number | null }): ReactNode {
  const reader = useReader();
  if (changePpm === null) return 'first';
  const words = `${changePpm > 0 ? '+' : ''}${formatPpm(changePpm, reader)}`;
  return Math.abs(changePpm) < CONSPICUOUS_PPM ? (
    words
  ) : (
    <ToneBadge tone="dueSoon" icon={IconAlertTriangle} title="Is the decimal point where it should be?">
      {words}
    </ToneBadge>
  );
}

function Changes({ changes }: { changes: RateChanges }): ReactNode {
  const reader = useReader();
  return (
    <>
      <p style={{ margin: 0, fontSize: 13 }}>
        {countWords(changes.ratesAdded, 'rate')}
        {changes.pairsAdded > 0 && `, of ${countWords(changes.pairsAdded, 'pair')} for the first time`}
      </p>
      <div style={{ overflowX: 'auto', margin: '8px 0' }} role="region" aria-label="Changes" tabIndex={0}>
        <Table aria-label="What changes most">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Pair</Table.Th>
              <Table.Th className="only-wide">From</Table.Th>
              <Table.Th className="money only-wide">Before</Table.Th>
              <Table.Th className="money">After</Table.Th>
              <Table.Th className="money">Change</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {changes.largest.map((change) => (
              <Table.Tr key={`${change.base} ${change.quote} ${change.validFrom}`}>
                <Table.Td>
                  {change.base}/{change.quote}
                </Table.Td>
                <Table.Td className="only-wide">
                  <Day at={change.validFrom} />
                </Table.Td>
                <Table.Td className="money only-wide">
                  {change.beforeE9 === null ? '–' : formatRate(change.beforeE9, reader)}
                </Table.Td>
                <Table.Td className="money">{formatRate(change.afterE9, reader)}</Table.Td>
                <Table.Td className="money">
                  <Move changePpm={change.changePpm} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </>
  );
}

function RatesOfADay({ on }: { on: string | undefined }): ReactNode {
  const navigate = route.useNavigate();
  const read = useRead(
    'GET /api/exchange-rates',
    { query: on === undefined ? {} : { on } },
    { keepLast: true },
  );
  return (
    <Section title="In force">
      <TextInput
        type="date"
        label="On the day (UTC)"
        value={on ?? read.data?.on ?? ''}
        onChange={({ currentTarget: { value } }) =>
          void navigate({
            search: (before) => ({ ...before, on: value === '' ? undefined : value }),
            replace: true,
          })
        }
        style={{ maxWidth: 200, marginBottom: 12 }}
      />
      <ProblemNotice error={read.error} onRetry={() => void read.refetch()} />
      {read.isPending && <LoadingRows rows={5} />}
      {read.data?.items.length === 0 && (
        <Empty title="No rate is in force on that day">
          Amounts of different currencies cannot be compared then: whoever tries is told which pair is
          missing.
        </Empty>
      )}
      {read.data !== undefined && read.data.items.length > 0 && (
        <Rates label="Rates in force" rates={read.data.items} pairs />
      )}
    </Section>
  );
}

/** Every rate of one pair, the newest first. */
function Pair({ base, quote }: { base: string; quote: string }): ReactNode {
  const read = useRead('GET /api/exchange-rates/pair', { query: { base, quote } });
  return (
    <Section title={`${base}/${quote} over time`}>
      <ProblemNotice error={read.error} onRetry={() => void read.refetch()} />
      {read.isPending && <LoadingRows rows={3} />}
      {read.data !== undefined && (
        <Rates label={`Rates of ${base}/${quote}`} rates={read.data.items} pairs={false} />
      )}
    </Section>
  );
}

function Rates(props: {
  label: string;
  rates: readonly ExchangeRateView[];
  /** Whether they are of several pairs, each of which leads to its history. */
  pairs: boolean;
}): ReactNode {
  const reader = useReader();
  const inverse = new Intl.NumberFormat(reader.locale, { maximumSignificantDigits: 6 });
  return (
    <div style={{ overflowX: 'auto' }} role="region" aria-label={props.label} tabIndex={0}>
      <Table aria-label={props.label}>
        <Table.Thead>
          <Table.Tr>
            {props.pairs && <Table.Th>Pair</Table.Th>}
            <Table.Th className="money">Rate</Table.Th>
            <Table.Th className="money only-wide">The other way round</Table.Th>
            <Table.Th>From</Table.Th>
            <Table.Th className="only-wide">Source</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {props.rates.map((rate) => (
            <Table.Tr key={`${rate.base} ${rate.quote} ${rate.validFrom}`}>
              {props.pairs && (
                <Table.Td>
                  <Link
                    className="cell-link"
                    to="/exchange-rates"
                    search={(before) => ({ ...before, pair: `${rate.base}-${rate.quote}` })}
                  >
                    {rate.base}/{rate.quote}
                  </Link>
                </Table.Td>
              )}
              <Table.Td className="money">{formatRate(rate.rateE9, reader)}</Table.Td>
              <Table.Td className="money only-wide">{inverse.format(1_000_000_000 / rate.rateE9)}</Table.Td>
              <Table.Td>
                <Day at={rate.validFrom} />
              </Table.Td>
              <Table.Td className="only-wide">{rate.source}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
