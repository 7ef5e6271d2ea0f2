import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './Figure.module.css';

/** A number that is highlighted briefly when it changes. */
export function Figure({ value }: { value: number }) {
  const { i18n } = useTranslation();
  const [seen, setSeen] = useState({ value, moved: false });
  if (seen.value !== value) setSeen({ value, moved: true });
  return (
    <span key={value} className={classes.figure} data-moved={seen.moved || undefined}>
      {value.toLocaleString(i18n.language)}
    </span>
  );
}
