import type { ReactNode } from 'react';
import type { CalendarDetail } from '../../../../api/contract/calendars.ts';
import { Section } from '../../components/page.tsx';
import { useReader } from '../../lib/session.ts';
import { hoursWords } from './hours-words.ts';

type Shown = NonNullable<CalendarDetail['inForce']>;

const DAY_MS = 86_400_000;
/** In the order of `Date`, whose week begins on Sunday. */
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

interface DayOfMonth {
  readonly date: string;
  /** Like its weekday: open or closed. Particular: other hours, or closed though its weekday is open. */
  readonly kind: 'open' | 'closed' | 'other' | 'off';
}

/** Twelve months at a glance, and the days that are not like their weekday in words. */
export function YearView(props: {
  year: number;
  hours: Shown['definition']['hours'];
  days: Shown['days'];
}): ReactNode {
  const { year, hours, days } = props;
  const { locale } = useReader();
  const say = (date: string, options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' }).format(new Date(`${date}T00:00:00Z`));
  const particular = new Map(days.map((day) => [day.date, day]));
  const kindOf = (date: string, weekday: number): DayOfMonth['kind'] => {
    const day = particular.get(date);
    if (day !== undefined) return day.hours.length === 0 ? 'off' : 'other';
    return hours[WEEKDAYS[weekday] ?? 'monday'].length > 0 ? 'open' : 'closed';
  };
  return (
    <Section
      title={`The year ${year}`}
      aside={
        <span className="quiet year-key">
          <span className="day" data-kind="off" aria-hidden /> closed{' '}
          <span className="day" data-kind="other" aria-hidden /> other hours
        </span>
      }
    >
      {/* What the picture shows stands below in words. */}
      <div className="year" aria-hidden>
        {monthsOf(year).map((dates) => (
          <div key={dates[0]}>
            <div className="month-name">{say(dates[0] ?? '', { month: 'long' })}</div>
            <div className="month">
              {Array.from({ length: blanksBefore(dates[0] ?? '') }, (_blank, place) => (
                <span key={place} />
              ))}
              {dates.map((date) => (
                <span
                  key={date}
                  className="day"
                  data-kind={kindOf(date, new Date(date).getUTCDay())}
                  title={particular.get(date)?.words}
                >
                  {Number(date.slice(8))}
                </span>
              ))}
            </div>
          </div>
        ))}
      </div>
      {days.length === 0 ? (
        <p className="quiet" style={{ margin: '10px 0 0' }}>
          Every day is like its weekday.
        </p>
      ) : (
        <ul className="sentences particular-days">
          {days.map((day) => (
            <li key={day.date}>
              <time dateTime={day.date}>
                {say(day.date, { weekday: 'short', day: 'numeric', month: 'long' })}
              </time>
              : {day.words === '' ? '' : `${day.words}, `}
              {hoursWords(day.hours)}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function monthsOf(year: number): string[][] {
  return Array.from({ length: 12 }, (_month, month) => {
    const [firstMs, endMs] = [Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1)];
    return Array.from({ length: (endMs - firstMs) / DAY_MS }, (_day, place) =>
      new Date(firstMs + place * DAY_MS).toISOString().slice(0, 10),
    );
  });
}

/** The week begins on Monday here, as in the calendar's definition. */
function blanksBefore(date: string): number {
  return (new Date(date).getUTCDay() + 6) % 7;
}
