import type { ReactNode } from 'react';
import { leftOutSentence, shareSentence } from '../../../domain/words/en.ts';
import { countWords, formatPpm } from '../../../domain/words/reader.ts';
import { useReader, useSession } from '../lib/session.ts';
import { TimeBar, useSayOf } from './time-bar.tsx';

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
  const say = useSayOf(props.from, props.until);
  return (
    <TimeBar
      title="Protection"
      what="Protected"
      from={props.from}
      until={props.until}
      between={
        props.extensions > 0 && (
          <span className="quiet">
            extended {props.extensions === 1 ? 'once' : countWords(props.extensions, 'time')}
          </span>
        )
      }
    >
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
          At risk since {say(props.atRiskSince)}: sales activity has not been reported.
        </p>
      )}
    </TimeBar>
  );
}
