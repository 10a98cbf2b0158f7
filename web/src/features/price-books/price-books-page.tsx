import { Button, NativeSelect, Table, TextInput } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { BookChanges, PriceBookVersionView } from '../../../../api/contract/price-books.ts';
import { countWords, formatPpm, listWords } from '../../../../domain/words/reader.ts';
import { BringFile, WhoPublishes } from '../../components/draft-file.tsx';
import { Empty, LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { Page, Section } from '../../components/page.tsx';
import { ExactInstant, FactList, Money } from '../../components/values.tsx';
import type { Answer } from '../../lib/api.ts';
import { useNowMs } from '../../lib/now.ts';
import { useRead, useWrite } from '../../lib/queries.ts';
import { useMay, useReader } from '../../lib/session.ts';

const route = getRouteApi('/price-books');
const refresh = ['GET /api/price-books', 'GET /api/price-books/:id'] as const;

type Book = Answer<'GET /api/price-books/:id'>;

/** What products cost in a currency and region: the version in force, what is coming, and what each version changed. */
export function PriceBooksPage(): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const may = useMay();
  const [adding, setAdding] = useState(false);
  const list = useRead('GET /api/price-books', {});
  const id = search.book ?? list.data?.items[0]?.id ?? '';
  const read = useRead(
    'GET /api/price-books/:id',
    { params: { id } },
    { enabled: id !== '', keepLast: true },
  );
  const choose = (book: string): void =>
    void navigate({ search: { book, version: undefined, search: undefined }, replace: true });
  return (
    <Page
      title="Price books"
      actions={
        <>
          {(list.data?.items.length ?? 0) > 0 && (
            <NativeSelect
              aria-label="Price book"
              size="xs"
              value={id}
              onChange={({ currentTarget: { value } }) => choose(value)}
              data={(list.data?.items ?? []).map((book) => ({
                value: book.id,
                label: `${book.name}, ${book.currency}${book.hasDraft ? ' (draft)' : ''}`,
              }))}
            />
          )}
          {may('price_book.draft') && (
            <Button variant="default" aria-expanded={adding} onClick={() => setAdding(!adding)}>
              New price book
            </Button>
          )}
        </>
      }
    >
      <ProblemNotice error={list.error ?? read.error} onRetry={() => void read.refetch()} />
      {adding && (
        <NewBook
          onAdded={(book) => {
            setAdding(false);
            choose(book);
          }}
        />
      )}
      {list.data?.items.length === 0 && !adding && (
        <Empty title="There is no price book yet">
          One holds the prices of a currency and region. Its first version comes from a file.
        </Empty>
      )}
      {id !== '' && read.isPending && <LoadingRows rows={8} />}
      {read.data !== undefined && (
        <One
          key={read.data.id}
          book={read.data}
          versionId={search.version ?? null}
          search={search.search ?? ''}
          onShow={(version) => void navigate({ search: (before) => ({ ...before, version }), replace: true })}
          onSearch={(words) =>
            void navigate({
              search: (before) => ({ ...before, search: words === '' ? undefined : words }),
              replace: true,
            })
          }
        />
      )}
    </Page>
  );
}

function NewBook({ onAdded }: { onAdded: (id: string) => void }): ReactNode {
  const [name, setName] = useState('');
  const [currency, setCurrency] = useState('');
  const [region, setRegion] = useState('');
  const add = useWrite('POST /api/price-books', refresh);
  return (
    <Section title="New price book">
      <div className="form-grid">
        <TextInput
          label="Name"
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label="Currency"
          description="Three capital letters, such as EUR"
          required
          maxLength={3}
          value={currency}
          onChange={(event) => setCurrency(event.currentTarget.value.toUpperCase())}
        />
        <TextInput
          label="Region"
          description="One book for each currency and region"
          required
          value={region}
          onChange={(event) => setRegion(event.currentTarget.value)}
        />
      </div>
      <ProblemNotice error={add.error} />
      <div className="row" style={{ marginTop: 8 }}>
        <Button
          loading={add.isPending}
          disabled={name.trim() === '' || currency.length !== 3 || region.trim() === ''}
          onClick={() =>
            add.mutate({ body: { name, currency, region } }, { onSuccess: ({ id }) => onAdded(id) })
          }
        >
          Add
        </Button>
      </div>
    </Section>
  );
}

function One(props: {
  book: Book;
  versionId: string | null;
  search: string;
  onShow: (versionId: string | undefined) => void;
  onSearch: (words: string) => void;
}): ReactNode {
  const { book, onShow } = props;
  const may = useMay();
  const draft = book.versions.find(({ status }) => status === 'draft');
  const shown =
    book.versions.find(({ id }) => id === props.versionId) ??
    book.versions.find(({ inForce }) => inForce) ??
    draft;
  return (
    <>
      {draft !== undefined && <Draft book={book} draft={draft} />}
      {may('price_book.draft') && <NewVersion book={book} />}
      {shown !== undefined && (
        <Section title={`${book.name}, ${book.region}`}>
          <NativeSelect
            label="Version"
            value={shown.id}
            onChange={({ currentTarget: { value } }) => onShow(value)}
            data={book.versions.map((version) => ({ value: version.id, label: nameOf(version) }))}
            style={{ maxWidth: 360, marginBottom: 12 }}
          />
          <FactList
            facts={[
              { label: 'Prices', value: countWords(shown.entries, 'product') },
              {
                label: 'In force from',
                value: shown.effectiveFrom === null ? null : <ExactInstant at={shown.effectiveFrom} />,
              },
              { label: 'Brought by', value: `${shown.createdBy}, ${shown.fileName}` },
              { label: 'Published by', value: shown.publishedBy },
              { label: 'Why', value: shown.note },
            ]}
          />
          <Entries
            versionId={shown.id}
            currency={book.currency}
            search={props.search}
            onSearch={props.onSearch}
          />
        </Section>
      )}
      {shown !== undefined && shown.status === 'published' && (
        <Section
          title={
            shown.comparedWith === null
              ? 'The first version'
              : `What changed against version ${shown.comparedWith}`
          }
        >
          <Changes changes={shown.changes} currency={book.currency} />
        </Section>
      )}
    </>
  );
}

function nameOf(version: PriceBookVersionView): string {
  if (version.status === 'draft') return 'Draft';
  return `Version ${version.version ?? ''}${version.inForce ? ', in force' : ''}`;
}

/** The draft with what it changes, and when it may begin; a second person publishes it. */
function Draft({ book, draft }: { book: Book; draft: PriceBookVersionView }): ReactNode {
  const may = useMay();
  const nowMs = useNowMs();
  const [day, setDay] = useState('');
  const publish = useWrite('POST /api/price-book-versions/:id/publication', refresh);
  const drop = useWrite('DELETE /api/price-book-versions/:id', refresh);
  const params = { id: draft.id };
  return (
    <Section title="A draft waits for a second person">
      <p style={{ margin: '0 0 8px' }}>
        {draft.createdBy}, <ExactInstant at={draft.createdAt} />, from {draft.fileName}: “{draft.note}”
      </p>
      <Changes changes={draft.changes} currency={book.currency} />
      <WhoPublishes why={draft.whyNotPublish} what="prices" />
      <ProblemNotice error={publish.error ?? drop.error} />
      <div className="row" style={{ marginTop: 8, alignItems: 'end' }}>
        {draft.whyNotPublish === null && (
          <>
            <TextInput
              type="date"
              label="In force from (UTC)"
              description="Empty: at once"
              min={new Date(nowMs).toISOString().slice(0, 10)}
              value={day}
              onChange={(event) => setDay(event.currentTarget.value)}
            />
            <Button
              loading={publish.isPending}
              onClick={() =>
                publish.mutate({
                  params,
                  body: { effectiveFrom: day === '' ? null : `${day}T00:00:00Z` },
                })
              }
            >
              Publish
            </Button>
          </>
        )}
        {may('price_book.draft') && (
          <Button variant="default" loading={drop.isPending} onClick={() => drop.mutate({ params })}>
            Throw the draft away
          </Button>
        )}
      </div>
    </Section>
  );
}

/** A file becomes a draft, or every error of it is shown. */
function NewVersion({ book }: { book: Book }): ReactNode {
  const bring = useWrite('POST /api/price-books/:id/draft', refresh);
  return (
    <BringFile
      title={book.versions.length === 0 ? 'Bring the first prices' : 'Bring the next version'}
      columns="sku, listPrice, standardCost"
      error={bring.error}
      verdict={bring.data}
      onFile={(body, done) => bring.mutate({ params: { id: book.id }, body }, { onSettled: done })}
    />
  );
}

function Changes({ changes, currency }: { changes: BookChanges; currency: string }): ReactNode {
  const reader = useReader();
  const counts = [
    ['new', changes.added],
    ['removed', changes.removed],
    ['dearer', changes.dearer],
    ['cheaper', changes.cheaper],
    ['cost only', changes.costOnly],
    ['unchanged', changes.unchanged],
  ] as const;
  const price = (amountMinor: number | null): ReactNode =>
    amountMinor === null ? '–' : <Money amount={{ amountMinor, currency }} />;
  return (
    <>
      <p style={{ margin: 0, fontSize: 13 }}>
        {listWords(counts.filter(([, count]) => count > 0).map(([label, count]) => `${count} ${label}`))}
      </p>
      {changes.largest.length > 0 && (
        <div style={{ overflowX: 'auto', marginTop: 8 }} role="region" aria-label="Changes" tabIndex={0}>
          <Table aria-label="What changes most">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Product</Table.Th>
                <Table.Th className="money">List before</Table.Th>
                <Table.Th className="money">List after</Table.Th>
                <Table.Th className="money">Change</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {changes.largest.map((change) => (
                <Table.Tr key={change.sku}>
                  <Table.Td>{change.sku}</Table.Td>
                  <Table.Td className="money">{price(change.listBeforeMinor)}</Table.Td>
                  <Table.Td className="money">{price(change.listAfterMinor)}</Table.Td>
                  <Table.Td className="money">
                    {change.listAfterMinor === null
                      ? 'removed'
                      : change.listBeforeMinor === null
                        ? 'new'
                        : change.listChangePpm === 0
                          ? 'cost only'
                          : change.listChangePpm === null
                            ? ''
                            : `${change.listChangePpm > 0 ? '+' : ''}${formatPpm(change.listChangePpm, reader)}`}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </>
  );
}

function Entries(props: {
  versionId: string;
  currency: string;
  search: string;
  onSearch: (words: string) => void;
}): ReactNode {
  const { currency } = props;
  const may = useMay();
  const read = useRead(
    'GET /api/price-book-versions/:id/entries',
    { params: { id: props.versionId }, query: { search: props.search, limit: 100 } },
    { keepLast: true },
  );
  return (
    <>
      <TextInput
        type="search"
        label="Find a product"
        value={props.search}
        onChange={(event) => props.onSearch(event.currentTarget.value)}
        style={{ maxWidth: 360, margin: '12px 0 8px' }}
      />
      <ProblemNotice error={read.error} onRetry={() => void read.refetch()} />
      {read.isPending && <LoadingRows rows={6} />}
      {read.data?.items.length === 0 && <Empty title="No product has these words" />}
      {read.data !== undefined && read.data.items.length > 0 && (
        <div style={{ overflowX: 'auto' }} role="region" aria-label="Prices" tabIndex={0}>
          <Table aria-label="Prices of this version">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Product</Table.Th>
                <Table.Th>Family</Table.Th>
                <Table.Th className="money">List price</Table.Th>
                {may('cost.read') && <Table.Th className="money">Standard cost</Table.Th>}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {read.data.items.map((entry) => (
                <Table.Tr key={entry.sku}>
                  <Table.Td>
                    {entry.product} <span className="quiet">{entry.sku}</span>
                  </Table.Td>
                  <Table.Td>{entry.family}</Table.Td>
                  <Table.Td className="money">
                    <Money amount={{ amountMinor: entry.listMinor, currency }} />
                  </Table.Td>
                  {may('cost.read') && (
                    <Table.Td className="money">
                      {entry.costMinor === null ? (
                        <span className="quiet">not known</span>
                      ) : (
                        <Money amount={{ amountMinor: entry.costMinor, currency }} />
                      )}
                    </Table.Td>
                  )}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          {read.data.nextCursor !== null && (
            <p className="quiet" style={{ margin: '8px 0 0' }}>
              The first 100 products by name. Type to find others.
            </p>
          )}
        </div>
      )}
    </>
  );
}
