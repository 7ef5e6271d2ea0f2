import { Loader, Paper, TextInput, VisuallyHidden } from '@mantine/core';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import type { ClientSearchQuery } from '../../api/gql/graphql';
import { Icon } from '../../app/Icon';
import { useFailureText } from '../../i18n/texts';
import classes from './ClientSearch.module.css';
import { pathOf } from './path';
import { StatusChip } from './StatusChip';
import { useSearch } from './useSearch';

type Hit = ClientSearchQuery['clientSearch'][number];

const LIST = 'client-hits';

/** Searches clients as you type; the arrow keys choose, Enter opens. */
export function ClientSearch() {
  const { t } = useTranslation();
  const failureText = useFailureText();
  const [, go] = useLocation();
  const [typed, setTyped] = useState('');
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const text = typed.trim();
  const { waiting, hits, failure } = useSearch(text);
  const shown = open && text !== '' && !waiting;
  const chosen = shown ? hits?.[active] : undefined;

  useEffect(() => setActive(0), [hits]);

  const told = () => {
    if (text === '') return '';
    if (waiting) return t('search.searching');
    if (failure) return failureText(failure);
    return hits?.length ? t('search.found', { count: hits.length }) : t('search.nothing', { text });
  };

  function press(event: KeyboardEvent) {
    const count = hits?.length ?? 0;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && count > 0) {
      event.preventDefault();
      setActive(shown ? (active + step + count) % count : active);
      setOpen(true);
    } else if (event.key === 'Enter' && chosen) {
      event.preventDefault();
      go(pathOf(chosen.client.id));
    } else if (event.key === 'Escape' && shown) {
      event.preventDefault();
      setOpen(false);
    }
  }

  return (
    <div className={classes.search}>
      <TextInput
        size="md"
        type="search"
        role="combobox"
        aria-expanded={shown && Boolean(hits?.length)}
        aria-controls={LIST}
        aria-autocomplete="list"
        aria-activedescendant={chosen && `${LIST}-${active}`}
        autoComplete="off"
        spellCheck={false}
        label={t('search.label')}
        placeholder={t('search.placeholder')}
        leftSection={<Icon name="search" />}
        rightSection={waiting && <Loader size="xs" aria-hidden />}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setOpen(true);
        }}
        onKeyDown={press}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
      />
      <VisuallyHidden role="status">{told()}</VisuallyHidden>
      <Paper withBorder shadow="md" className={classes.dropdown} hidden={!shown}>
        <ul id={LIST} role="listbox" aria-label={t('search.results')} className={classes.hits}>
          {hits?.map((hit, index) => (
            <Option
              key={hit.client.id}
              hit={hit}
              id={`${LIST}-${index}`}
              active={index === active}
              point={() => setActive(index)}
              choose={() => go(pathOf(hit.client.id))}
            />
          ))}
        </ul>
        {!hits?.length && <p className={classes.nothing}>{told()}</p>}
      </Paper>
    </div>
  );
}

type OptionProps = { hit: Hit; id: string; active: boolean; point: () => void; choose: () => void };

function Option({ hit, id, active, point, choose }: OptionProps) {
  const { t } = useTranslation();
  const { client, matchedField } = hit;
  const option = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (active) option.current?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  const more = [
    client.number,
    matchedField === 'EMAIL' ? client.email : client.phone,
    matchedField !== 'NAME' && t(`matched.${matchedField}`),
  ];
  return (
    <li
      ref={option}
      id={id}
      role="option"
      aria-selected={active}
      className={classes.hit}
      // Keep the focus in the input, so that the list stays open until the click.
      onMouseDown={(event) => event.preventDefault()}
      onMouseMove={point}
      onClick={choose}
    >
      <span className={classes.name}>{client.name}</span>
      <span className={classes.more}>{more.filter(Boolean).join(' · ')}</span>
      <StatusChip status={client.status} />
    </li>
  );
}
