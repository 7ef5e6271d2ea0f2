import type { ReactNode } from 'react';
import classes from './Note.module.css';

type Props = { tone?: 'plain' | 'warning' | 'error'; title?: string | undefined; children: ReactNode };

/** A few words that must not be overlooked; unless plain, a screen reader tells them at once. */
export const Note = ({ tone = 'plain', title, children }: Props) => (
  <div className={classes.note} data-tone={tone} role={tone === 'plain' ? undefined : 'alert'}>
    {title && <strong>{title}</strong>}
    {children}
  </div>
);
