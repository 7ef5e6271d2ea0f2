import { SegmentedControl } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { type Language, speak } from '../i18n';

export function LanguageSwitch() {
  const { t, i18n } = useTranslation();
  return (
    <SegmentedControl
      size="xs"
      aria-label={t('app.language')}
      value={i18n.language}
      onChange={(language) => speak(language as Language)}
      data={[
        { value: 'es', label: <abbr lang="es" title="Español" style={{ textDecoration: 'none' }}>ES</abbr> },
        { value: 'en', label: <abbr lang="en" title="English" style={{ textDecoration: 'none' }}>EN</abbr> },
      ]}
    />
  );
}
