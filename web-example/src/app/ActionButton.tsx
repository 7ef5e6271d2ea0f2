import { Button, Tooltip } from '@mantine/core';
import classes from './ActionButton.module.css';

type Props = {
  name: string;
  /** What stands in the way; empty when nothing does. */
  why: string;
  loading?: boolean;
  act: () => void;
  /** Says aloud why not, to those who press it all the same. */
  tell: () => void;
};

const everyWay = { hover: true, focus: true, touch: true };

/** An action; one that is not possible now stays there, can be reached, and says why. */
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
