import { useTranslation } from 'react-i18next';
import type { ClientChangeFragment } from '../../api/gql/graphql';
import es from '../../i18n/es.json';
import classes from './ConflictList.module.css';

type Conflict = ClientChangeFragment['conflict'][number];
export type Side = 'mine' | 'theirs';

/** The fields that two people changed; with `choose`, one value of each can be picked. */
export function ConflictList(props: {
  conflicts: Conflict[];
  chosen?: Record<string, Side>;
  choose?: (field: string, side: Side) => void;
}) {
  const { t } = useTranslation();
  const name = (field: string) => (field in es.clients ? t(`clients.${field as 'name'}`) : field);
  const value = (text: string | null | undefined) => {
    if (!text) return t('conflict.empty');
    const status = text.toUpperCase();
    return status in es.status ? t(`status.${status as keyof typeof es.status}`) : text;
  };
  return props.conflicts.map(({ field, base, ...sides }) => (
    <fieldset key={field} className={classes.field}>
      <legend>{name(field)}</legend>
      <p>
        {t('conflict.base')}: {value(base)}
      </p>
      {(['mine', 'theirs'] as const).map((side) => (
        <label key={side}>
          {props.choose && (
            <input
              type="radio"
              name={`conflict-${field}`}
              required
              checked={props.chosen?.[field] === side}
              onChange={() => props.choose?.(field, side)}
            />
          )}
          <span>
            {t(`conflict.${side}`)}: <b>{value(sides[side])}</b>
          </span>
        </label>
      ))}
    </fieldset>
  ));
}
