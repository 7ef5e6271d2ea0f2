import { Button, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import classes from './FailureActions.module.css';
import type { Which } from './useActions';

/** The actions on failures, passed down to the components that show them. */
export type Act = { running: boolean; retry: (which: Which) => void; discard: (which: Which, what: string) => void };

type Props = Act & {
  which: Which;
  /** Their name, for screen readers and for the dialog that asks for the reason. */
  what: string;
  asked?: string;
};

/** Retries or discards a failure or a whole group. */
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
