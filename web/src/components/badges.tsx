import {
  IconAlertTriangle,
  IconCheck,
  IconCircleMinus,
  IconClock,
  IconHourglass,
  IconMessageQuestion,
  IconPlayerPause,
  type Icon,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { RegistrationStatus } from '../../../domain/deal-registration/status.ts';
import type { PricingAgreementStatus, SpecialPriceStatus } from '../../../domain/special-pricing/status.ts';
import { dueExact, dueWords, type DueFacts } from '../../../domain/words/clocks.ts';
import { statusWords } from '../../../domain/words/en.ts';
import { agreementStatusWords, priceStatusWords } from '../../../domain/words/special-pricing.ts';
import { useReader } from '../lib/session.ts';

/** State colours mean one thing everywhere; an icon and words always stand beside them. */
export type Tone = 'waiting' | 'dueSoon' | 'breached' | 'good' | 'off';

export function ToneBadge(props: { tone: Tone; icon: Icon; title?: string; children: ReactNode }): ReactNode {
  const { tone, icon: Sign, title, children } = props;
  return (
    <span className="badge" data-tone={tone} title={title}>
      <Sign size={13} stroke={2} aria-hidden />
      <span>{children}</span>
    </span>
  );
}

function statusLook(status: RegistrationStatus): { tone: Tone; icon: Icon } {
  switch (status) {
    case 'submitted':
    case 'under_review':
    case 'pending_approval':
    case 'appealed':
      return { tone: 'waiting', icon: IconHourglass };
    case 'info_requested':
      return { tone: 'dueSoon', icon: IconMessageQuestion };
    case 'in_conflict':
      return { tone: 'dueSoon', icon: IconAlertTriangle };
    case 'approved':
    case 'won':
      return { tone: 'good', icon: IconCheck };
    case 'rejected':
    case 'lost':
    case 'expired':
    case 'withdrawn':
    case 'revoked':
      return { tone: 'off', icon: IconCircleMinus };
    default:
      return status satisfies never;
  }
}

export function StatusBadge({ status }: { status: RegistrationStatus }): ReactNode {
  const { tone, icon } = statusLook(status);
  return (
    <ToneBadge tone={tone} icon={icon}>
      {statusWords[status]}
    </ToneBadge>
  );
}

function priceStatusLook(status: SpecialPriceStatus): { tone: Tone; icon: Icon } {
  switch (status) {
    case 'submitted':
    case 'pending_approval':
      return { tone: 'waiting', icon: IconHourglass };
    case 'info_requested':
    case 'counter_offered':
      return { tone: 'dueSoon', icon: IconMessageQuestion };
    case 'approved':
      return { tone: 'good', icon: IconCheck };
    case 'rejected':
    case 'withdrawn':
      return { tone: 'off', icon: IconCircleMinus };
    default:
      return status satisfies never;
  }
}

export function PriceStatusBadge({ status }: { status: SpecialPriceStatus }): ReactNode {
  const { tone, icon } = priceStatusLook(status);
  return (
    <ToneBadge tone={tone} icon={icon}>
      {priceStatusWords[status]}
    </ToneBadge>
  );
}

export function AgreementStatusBadge({ status }: { status: PricingAgreementStatus }): ReactNode {
  const isActive = status === 'active';
  return (
    <ToneBadge tone={isActive ? 'good' : 'off'} icon={isActive ? IconCheck : IconCircleMinus}>
      {agreementStatusWords[status]}
    </ToneBadge>
  );
}

function dueLook(tone: DueFacts['tone']): { tone: Tone; icon: Icon } {
  switch (tone) {
    case 'waiting':
      return { tone: 'waiting', icon: IconClock };
    case 'dueSoon':
      return { tone: 'dueSoon', icon: IconClock };
    case 'breached':
      return { tone: 'breached', icon: IconAlertTriangle };
    case 'paused':
      return { tone: 'off', icon: IconPlayerPause };
    default:
      return tone satisfies never;
  }
}

/** A deadline in words, icon and colour, in the business hours of its calendar; exact on hover. */
export function DueBadge({ due, long = false }: { due: DueFacts | null; long?: boolean }): ReactNode {
  const reader = useReader();
  if (due === null) return null;
  const look = dueLook(due.tone);
  const words = dueWords(due);
  return (
    <ToneBadge tone={look.tone} icon={look.icon} title={`${words.long}. ${dueExact(due, reader)}`}>
      {long ? words.long : words.short}
    </ToneBadge>
  );
}
