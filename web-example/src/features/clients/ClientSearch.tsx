import { Combobox, Loader, TextInput, useCombobox, VisuallyHidden } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { useLocation } from 'wouter';
import { failureIn } from '../../api/failure';
import { ClientSearchDocument } from '../../api/gql/graphql';
import { Icon } from '../../app/Icon';
import { useFailureText } from '../../i18n/texts';
import classes from './ClientSearch.module.css';
import { pathOf } from './path';
import { StatusChip } from './StatusChip';

/** Finds clients as one types; the arrow keys choose, Enter opens. */
export function ClientSearch() {
  const { t } = useTranslation();
  const failureText = useFailureText();
  const [, go] = useLocation();
  const [typed, setTyped] = useState('');
  const text = typed.trim();
  const [asked] = useDebouncedValue(text, 150);
  const [{ data, error, fetching, operation }] = useQuery({
    query: ClientSearchDocument,
    variables: { text: asked },
    pause: asked === '',
    requestPolicy: 'network-only',
  });
  // An answer to anything but what stands in the box is not shown.
  const answered = !fetching && operation?.variables.text === text;
  const hits = answered && data ? data.clientSearch : null;
  const waiting = text !== '' && !answered;

  const { openDropdown, closeDropdown, selectFirstOption, resetSelectedOption, ...rest } = useCombobox();
  const combobox = { openDropdown, closeDropdown, selectFirstOption, resetSelectedOption, ...rest };
  useEffect(() => {
    if (hits) selectFirstOption();
    else resetSelectedOption();
  }, [hits, selectFirstOption, resetSelectedOption]);

  const told = () => {
    if (text === '') return '';
    if (waiting) return t('search.searching');
    if (error) return failureText(failureIn(error));
    return hits?.length ? t('search.found', { count: hits.length }) : t('search.nothing', { text });
  };

  return (
    <>
      <Combobox store={combobox} onOptionSubmit={(id) => go(pathOf(id))} shadow="md">
        <Combobox.Target>
          <TextInput
            size="md"
            type="search"
            label={t('search.label')}
            placeholder={t('search.placeholder')}
            leftSection={<Icon name="search" />}
            rightSection={waiting && <Loader size="xs" aria-hidden />}
            spellCheck={false}
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              if (event.currentTarget.value.trim()) openDropdown();
              else closeDropdown();
            }}
            onFocus={() => text && openDropdown()}
            onBlur={() => closeDropdown()}
          />
        </Combobox.Target>
        <Combobox.Dropdown hidden={text === '' || (!hits && !error)}>
          {hits && hits.length > 0 ? (
            <Combobox.Options aria-label={t('search.results')} mah="60vh" style={{ overflowY: 'auto' }}>
              {hits.map(({ client, matchedField }) => (
                <Combobox.Option key={client.id} value={client.id} className={classes.hit}>
                  <span className={classes.name}>{client.name}</span>
                  <span className={classes.more}>
                    {[
                      client.number,
                      matchedField === 'EMAIL' ? client.email : client.phone,
                      matchedField !== 'NAME' && t(`matched.${matchedField}`),
                    ]
                      .filter(Boolean)
                      .join(' · ')}
                  </span>
                  <StatusChip status={client.status} />
                </Combobox.Option>
              ))}
            </Combobox.Options>
          ) : (
            <Combobox.Empty>{told()}</Combobox.Empty>
          )}
        </Combobox.Dropdown>
      </Combobox>
      <VisuallyHidden role="status">{told()}</VisuallyHidden>
    </>
  );
}
