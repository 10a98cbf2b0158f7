import type { ReactNode } from 'react';
import { leftOutSentence, shareSentence } from '../../../domain/words/en.ts';
import { countWords, formatDay, formatInstant, formatPpm } from '../../../domain/words/reader.ts';
import { useNowMs } from '../lib/now.ts';
import { useReader, useSession } from '../lib/session.ts';
import { Section } from './page.tsx';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** From when until when the deal is protected, and how much of it is left. */
export function ProtectionBar(props: {
  from: string;
  until: string;
  extensions: number;
  /** The part of the benefit that is left to one who shares; null: nothing to tell. */
  benefitPpm: number | null;
  /** Product families that the approval left out. */
  leftOut: readonly string[];
  atRiskSince: string | null;
}): ReactNode {
  const reader = useReader();
  const { side } = useSession();
  const nowMs = useNowMs();
  const [fromMs, untilMs] = [Date.parse(props.from), Date.parse(props.until)];
  const wholeMs = Math.max(untilMs - fromMs, 1);
  const share = Math.min(Math.max((nowMs - fromMs) / wholeMs, 0), 1);
  const over = nowMs >= untilMs;
  // A demonstration program counts in minutes: there the hour says more than the day.
  const say = wholeMs < 2 * DAY_MS ? formatInstant : formatDay;
  return (
    <Section
      title="Protection"
      aside={
        <span className="quiet">
          {over ? `Ended ${say(props.until, reader)}` : leftWords(untilMs - nowMs)}
        </span>
      }
    >
      <div
        className="protection-track"
        data-over={over}
        role="img"
        aria-label={`Protected from ${say(props.from, reader)} until ${say(props.until, reader)}; ${Math.round(share * 100)} % of the time is over.`}
      >
        <span style={{ width: `${share * 100}%` }} />
      </div>
      <div className="between numbers" style={{ marginTop: 4, fontSize: 13 }}>
        <span>{say(props.from, reader)}</span>
        {props.extensions > 0 && (
          <span className="quiet">
            extended {props.extensions === 1 ? 'once' : countWords(props.extensions, 'time')}
          </span>
        )}
        <span>{say(props.until, reader)}</span>
      </div>
      {props.benefitPpm !== null && (
        <p style={{ margin: '6px 0 0' }}>
          {side === 'partner'
            ? shareSentence(props.benefitPpm, reader)
            : `Shared: this partner has ${formatPpm(props.benefitPpm, reader)} of the program's benefit.`}
        </p>
      )}
      {props.leftOut.length > 0 && <p style={{ margin: '6px 0 0' }}>{leftOutSentence(props.leftOut)}</p>}
      {props.atRiskSince !== null && (
        <p className="quiet" style={{ margin: '6px 0 0' }}>
          At risk since {say(props.atRiskSince, reader)}: sales activity has not been reported.
        </p>
      )}
    </Section>
  );
}

function leftWords(leftMs: number): string {
  if (leftMs >= 2 * DAY_MS) return `${countWords(Math.floor(leftMs / DAY_MS), 'day')} left`;
  if (leftMs >= HOUR_MS) return `${countWords(Math.floor(leftMs / HOUR_MS), 'hour')} left`;
  return `${countWords(Math.max(Math.floor(leftMs / 60_000), 0), 'minute')} left`;
}
