import { useTranslation } from 'react-i18next';
import es from '../../i18n/es.json';
import classes from './Failures.module.css';

/** The values of a payload by field: each a string or null. */
export const valuesOf = (payload: unknown): [string, unknown][] =>
  payload && typeof payload === 'object' ? Object.entries(payload) : [];

/** The payload that was to be sent, field by field. */
export function Payload({ payload }: { payload: unknown }) {
  const { t } = useTranslation();
  const name = (field: string) => {
    const key = keyOf(field);
    return key ? t(`sync.fields.${key}`) : field;
  };
  const text = (value: unknown) => {
    if (value === null || value === '') return t('clients.none');
    if (value === 'true' || value === true) return t('sync.yes');
    if (value === 'false' || value === false) return t('sync.no');
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  const values = valuesOf(payload).sort(([a], [b]) => rankOf(a) - rankOf(b));
  return (
    <dl className={classes.payload}>
      {values.map(([field, value]) => (
        <div key={field}>
          <dt>{name(field)}</dt>
          <dd>{text(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

const known = Object.keys(es.sync.fields) as (keyof typeof es.sync.fields)[];

const keyOf = (field: string) => known.find((key) => key === field.replaceAll('.', '_'));

/** Known fields in the order in which people look for them; unknown ones last. */
const rankOf = (field: string) => {
  const key = keyOf(field);
  return key ? known.indexOf(key) : known.length;
};
