import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { MyPartners } from '../../../../api/contract/my-partners.ts';
import { countWords, formatDay } from '../../../../domain/words/reader.ts';
import { Section } from '../../components/page.tsx';
import { Day } from '../../components/values.tsx';
import { useNowMs } from '../../lib/now.ts';
import { useReader } from '../../lib/session.ts';

const WEEK_MS = 7 * 86_400_000;
/** Shown week by week; what ends later is counted in words. */
const WEEKS = 13;

/** How many protections end in each of the coming weeks; the same as a list with the cases. */
export function ProtectionEnds({ rows }: { rows: MyPartners['protections'] }): ReactNode {
  const reader = useReader();
  const nowMs = useNowMs();
  const weekOf = (until: string): number => Math.max(Math.floor((Date.parse(until) - nowMs) / WEEK_MS), 0);
  const weeks = Array.from({ length: WEEKS }, (_, week) => ({
    week,
    begins: formatDay(new Date(nowMs + week * WEEK_MS).toISOString(), reader).replace(/ \d{4}$/, ''),
    count: rows.filter(({ until }) => weekOf(until) === week).length,
  }));
  const most = Math.max(...weeks.map(({ count }) => count), 1);
  const shown = rows.filter(({ until }) => weekOf(until) < WEEKS);
  const later = rows.length - shown.length;
  const soon = weeks.slice(0, 2).reduce((sum, { count }) => sum + count, 0);
  return (
    <Section title="Protections that end">
      <p style={{ margin: '0 0 8px', fontSize: 13 }}>
        {countWords(soon, 'protection')} {soon === 1 ? 'ends' : 'end'} within two weeks, {shown.length - soon}{' '}
        more in the eleven weeks after that
        {later > 0 && `, ${later} later`}.
      </p>
      <div className="weeks" aria-hidden="true">
        {weeks.map(({ week, begins, count }) => (
          <span key={week} className="week">
            <span className="week-count">{count > 0 ? count : ''}</span>
            <span
              className="week-bar"
              data-tone={week < 2 ? 'due' : 'waiting'}
              style={{ height: count === 0 ? 1 : `${(count / most) * 56}px` }}
            />
            <span className="week-name">{week % 4 === 0 && week < WEEKS - 1 ? begins : ''}</span>
          </span>
        ))}
      </div>
      <details>
        <summary className="quiet" style={{ cursor: 'pointer' }}>
          The same as a list
        </summary>
        <ul className="sentences" style={{ marginTop: 6 }}>
          {rows.map(({ caseId, partnerName, customerName, until }) => (
            <li key={caseId}>
              <Day at={until} />:{' '}
              <Link to="/deal-registrations/$id" params={{ id: caseId }}>
                {customerName}
              </Link>
              , {partnerName}
            </li>
          ))}
        </ul>
      </details>
    </Section>
  );
}
