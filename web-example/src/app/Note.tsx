import type { ReactNode } from 'react';
import classes from './Note.module.css';

type Props = { tone?: 'plain' | 'warning' | 'error'; title?: string | undefined; children: ReactNode };

/** A short message that stands out. Warnings and errors are announced by screen readers at once. */
export const Note = ({ tone = 'plain', title, children }: Props) => (
  <div className={classes.note} data-tone={tone} role={tone === 'plain' ? undefined : 'alert'}>
    {title && <strong>{title}</strong>}
    {children}
  </div>
);
