import { Button, Kbd, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';

/**
 * A verb with its key. One that is not allowed is there, off, and says why: to the mouse, to the keyboard and to
 * screen readers, so it stays reachable instead of being disabled.
 */
export function VerbButton(props: {
  label: string;
  /** Why it is off; null when it may be pressed. */
  why: string | null;
  filled?: boolean;
  /** For a verb that stays chosen while its form is open. */
  chosen?: boolean;
  shortcut?: string | null;
  /** What it answers a task with, by which the thumb buttons find it. */
  outcome?: string;
  onPress: () => void;
}): ReactNode {
  const { label, why, filled = false, chosen, shortcut = null, outcome, onPress } = props;
  const button = (
    <Button
      variant={filled ? 'filled' : 'default'}
      aria-disabled={why !== null}
      {...(why === null ? { onClick: onPress } : { 'data-disabled': true })}
      {...(chosen === undefined ? {} : { 'aria-pressed': chosen })}
      {...(outcome === undefined ? {} : { 'data-outcome': outcome })}
      {...(shortcut === null
        ? {}
        : { 'aria-keyshortcuts': shortcut, rightSection: <KeyHint name={shortcut} /> })}
    >
      {label}
      {why !== null && <span className="visually-hidden">: not possible. {why}</span>}
    </Button>
  );
  return why === null ? button : <Tooltip label={why}>{button}</Tooltip>;
}

function KeyHint({ name }: { name: string }): ReactNode {
  return (
    <Kbd size="xs" className="only-wide" aria-hidden>
      {name}
    </Kbd>
  );
}
