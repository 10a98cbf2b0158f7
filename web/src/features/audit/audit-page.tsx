import { Button, TextInput } from '@mantine/core';
import { IconLock, IconLockOpen } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { inWords, sentence } from '../../../../domain/words/en.ts';
import { addressOf, type Answer } from '../../lib/api.ts';
import { ToneBadge } from '../../components/badges.tsx';
import { Empty, LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { Page } from '../../components/page.tsx';
import { ExactInstant } from '../../components/values.tsx';
import { usePages } from '../../lib/pages.ts';

const route = getRouteApi('/audit');
type Row = Answer<'GET /api/audit'>['items'][number];

/** Who did what, in the order of the seals: by case, person and period. */
export function AuditPage(): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (part: Partial<typeof search>): void =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const list = usePages('GET /api/audit', {
    subject: search.subject,
    actorId: search.actorId,
    from: search.from === undefined ? undefined : `${search.from}T00:00:00Z`,
    to: search.to === undefined ? undefined : `${search.to}T23:59:59Z`,
  });
  return (
    <Page title="Audit">
      <div className="filters" role="search">
        <TextInput
          label="Case or other subject (id)"
          w={280}
          defaultValue={search.subject ?? ''}
          onChange={({ currentTarget: { value } }) => change({ subject: value === '' ? undefined : value })}
        />
        <TextInput
          label="Person (id)"
          w={280}
          defaultValue={search.actorId ?? ''}
          onChange={({ currentTarget: { value } }) => change({ actorId: value === '' ? undefined : value })}
        />
        <TextInput
          type="date"
          label="From (UTC)"
          value={search.from ?? ''}
          onChange={({ currentTarget: { value } }) => change({ from: value === '' ? undefined : value })}
        />
        <TextInput
          type="date"
          label="To (UTC)"
          value={search.to ?? ''}
          onChange={({ currentTarget: { value } }) => change({ to: value === '' ? undefined : value })}
        />
      </div>
      {search.subject?.startsWith('reg_') === true && list.items.length > 0 && (
        <p>
          <a
            href={addressOf('GET /api/deal-registrations/:id/evidence-pack', {
              params: { id: search.subject },
            })}
            download
          >
            Evidence pack of this case (ZIP)
          </a>
        </p>
      )}
      <ProblemNotice error={list.error} onRetry={list.retry} />
      <div className="table-frame">
        {list.isPending ? (
          <LoadingRows rows={12} />
        ) : list.items.length === 0 ? (
          <Empty title="Nothing was recorded for this search">
            Every change appears here, sealed within a second.
          </Empty>
        ) : (
          <ul className="cards">
            {list.items.map((row) => (
              <AuditRow key={row.id} row={row} />
            ))}
          </ul>
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

function AuditRow({ row }: { row: Row }): ReactNode {
  return (
    <li>
      <div className="between" style={{ fontSize: 13 }}>
        <span style={{ overflowWrap: 'anywhere' }}>
          <strong>{sentence(inWords(row.action.replaceAll('.', ' ')))}</strong>{' '}
          {row.actor === null ? 'by the system' : `by ${row.actor}`}{' '}
          <span className="quiet">{row.subject}</span>
        </span>
        <span className="row">
          {row.seq === null ? (
            <ToneBadge tone="dueSoon" icon={IconLockOpen}>
              not sealed yet
            </ToneBadge>
          ) : (
            <ToneBadge tone="off" icon={IconLock} title={row.hash ?? ''}>
              seal {row.seq}
            </ToneBadge>
          )}
          <ExactInstant at={row.at} />
        </span>
      </div>
      <details className="fold">
        <summary style={{ fontSize: 12, fontWeight: 400 }} className="quiet">
          Data
        </summary>
        <pre className="data">{JSON.stringify(row.content, null, 2)}</pre>
        {row.hash !== null && (
          <div className="quiet" style={{ overflowWrap: 'anywhere' }}>
            Hash {row.hash}
          </div>
        )}
      </details>
    </li>
  );
}
