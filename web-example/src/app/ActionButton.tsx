import { Button, Tooltip } from '@mantine/core';
import classes from './ActionButton.module.css';

type Props = {
  name: string;
  /** Why the action is not possible; empty when it is. */
  why: string;
  loading?: boolean;
  act: () => void;
  /** Called when it is pressed although it is not possible: shows the reason where a screen reader hears it. */
  tell: () => void;
};

const everyWay = { hover: true, focus: true, touch: true };

/** An action button. When the action is not possible, the button can still be focused, and says why. */
export const ActionButton = ({ name, why, loading = false, act, tell }: Props) => (
  <Tooltip label={why} disabled={!why} position="bottom" multiline maw={320} withArrow events={everyWay}>
    <Button
      variant="default"
      className={classes.action}
      loading={loading}
      aria-disabled={Boolean(why)}
      data-disabled={Boolean(why) || undefined}
      onClick={why ? tell : act}
    >
      {name}
    </Button>
  </Tooltip>
);
