import { Button, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import classes from './FailureActions.module.css';
import type { Which } from './useActions';

/** What can be done with failures, for whatever shows them. */
export type Act = { running: boolean; retry: (which: Which) => void; discard: (which: Which, what: string) => void };

type Props = Act & {
  which: Which;
  /** What they are called, for screen readers and for who is asked why. */
  what: string;
  asked?: string;
};

/** Tries a failure or a whole group of them again, or leaves them be. */
export function FailureActions({ which, what, asked = what, running, retry, discard }: Props) {
  const { t } = useTranslation();
  const group = 'fingerprint' in which;
  const again = t(group ? 'sync.retryGroup' : 'sync.retry');
  const leave = t(group ? 'sync.discardGroup' : 'sync.discard');
  return (
    <Group gap="xs">
      <Button
        size="compact-sm"
        variant="default"
        aria-label={`${again}: ${what}`}
        disabled={running}
        onClick={() => retry(which)}
      >
        {again}
      </Button>
      <Button
        size="compact-sm"
        variant="subtle"
        color="red.9"
        className={classes.discard}
        aria-label={`${leave}: ${what}`}
        disabled={running}
        onClick={() => discard(which, asked)}
      >
        {leave}
      </Button>
    </Group>
  );
}
