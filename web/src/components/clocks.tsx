import type { ReactNode } from 'react';
import type { ClockView } from '../../../api/contract/deal-registrations.ts';
import { describeClockEvent, hoursOf } from '../../../domain/words/clocks.ts';
import { clockName } from '../../../domain/words/en.ts';
import { formatInstant } from '../../../domain/words/reader.ts';
import { useRead } from '../lib/queries.ts';
import { useReader } from '../lib/session.ts';
import { ProblemNotice } from './notices.tsx';

/** Every clock of the case, so that it can be proven afterwards. */
export function Clocks(props: {
  route: 'GET /api/deal-registrations/:id/clock' | 'GET /api/special-prices/:id/clock';
  caseId: string;
  /** Where the same is a file; undefined: nowhere. */
  proof?: string;
}): ReactNode {
  const { route, caseId, proof } = props;
  const clocks = useRead(route, { params: { id: caseId } });
  const items = clocks.data?.items ?? [];
  return (
    <details className="surface section fold">
      <summary>Clocks{items.length > 0 && ` (${items.length})`}</summary>
      <div className="stack" style={{ marginTop: 10 }}>
        <ProblemNotice error={clocks.error} onRetry={() => void clocks.refetch()} />
        {clocks.data !== undefined && items.length === 0 && (
          <span className="quiet">No clock has been started.</span>
        )}
        {items.map((clock) => (
          <Clock key={clock.id} clock={clock} />
        ))}
        {items.length > 0 && proof !== undefined && (
          <a href={proof} download>
            Export as proof (CSV)
          </a>
        )}
      </div>
    </details>
  );
}

function Clock({ clock }: { clock: ClockView }): ReactNode {
  const reader = useReader();
  const started = clock.events.find(({ kind }) => kind === 'started');
  const hours = hoursOf({ calendar: clock.calendar, ...started?.facts });
  return (
    <div>
      <div className="between">
        <strong>{clockName(clock.kind)}</strong>
        <span className="quiet">
          {clock.phase}
          {hours !== null && `, ${hours}`}
          {clock.dueAt !== null && `, due ${formatInstant(clock.dueAt, reader)}`}
          {clock.breachedAt !== null && `, breached ${formatInstant(clock.breachedAt, reader)}`}
          {clock.ranOutAt !== null && `, ran out ${formatInstant(clock.ranOutAt, reader)}`}
        </span>
      </div>
      <ol className="sentences" style={{ listStyle: 'none', paddingLeft: 0 }}>
        {clock.events.map((event) => (
          <li key={event.n} className="between">
            <span>
              {describeClockEvent({ kind: event.kind, facts: { ...event.facts, clock: clock.kind } }, reader)}
            </span>
            <span className="quiet">{formatInstant(event.at, reader)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
