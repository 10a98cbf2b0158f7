import type { ReactNode } from 'react';
import { countWords, formatDay, formatInstant } from '../../../domain/words/reader.ts';
import { useNowMs } from '../lib/now.ts';
import { useReader } from '../lib/session.ts';
import { Section } from './page.tsx';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** How a reader is told an instant of a stretch of time: of one that counts in minutes the hour says more than the day. */
export function useSayOf(from: string, until: string): (at: string) => string {
  const reader = useReader();
  const isShort = Date.parse(until) - Date.parse(from) < 2 * DAY_MS;
  return (at) => (isShort ? formatInstant(at, reader) : formatDay(at, reader));
}

/** From when until when something holds, and how much of it is left. `what`: "Protected", for screen readers. */
export function TimeBar(props: {
  title: string;
  what: string;
  from: string;
  until: string;
  /** Stands between both ends. */
  between?: ReactNode;
  children?: ReactNode;
}): ReactNode {
  const { title, what, from, until } = props;
  const nowMs = useNowMs();
  const say = useSayOf(from, until);
  const [fromMs, untilMs] = [Date.parse(from), Date.parse(until)];
  const share = Math.min(Math.max((nowMs - fromMs) / Math.max(untilMs - fromMs, 1), 0), 1);
  const over = nowMs >= untilMs;
  return (
    <Section
      title={title}
      aside={<span className="quiet">{over ? `Ended ${say(until)}` : leftWords(untilMs - nowMs)}</span>}
    >
      <div
        className="protection-track"
        data-over={over}
        role="img"
        aria-label={`${what} from ${say(from)} until ${say(until)}; ${Math.round(share * 100)} % of the time is over.`}
      >
        <span style={{ width: `${share * 100}%` }} />
      </div>
      <div className="between numbers" style={{ marginTop: 4, fontSize: 13 }}>
        <span>{say(from)}</span>
        {props.between}
        <span>{say(until)}</span>
      </div>
      {props.children}
    </Section>
  );
}

function leftWords(leftMs: number): string {
  if (leftMs >= 2 * DAY_MS) return `${countWords(Math.floor(leftMs / DAY_MS), 'day')} left`;
  if (leftMs >= HOUR_MS) return `${countWords(Math.floor(leftMs / HOUR_MS), 'hour')} left`;
  return `${countWords(Math.max(Math.floor(leftMs / 60_000), 0), 'minute')} left`;
}
