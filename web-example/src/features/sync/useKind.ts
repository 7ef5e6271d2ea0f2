import { useTranslation } from 'react-i18next';
import es from '../../i18n/es.json';

/** The name of a kind of record; a kind without a text here is called by its prefix. */
export function useKind() {
  const { t } = useTranslation();
  return {
    one: (kind: string) => (isKnown(kind) ? t(`sync.kind.${kind}`) : kind),
    all: (kind: string) => (isKnown(kind) ? t(`sync.kinds.${kind}`) : kind),
  };
}

const isKnown = (kind: string): kind is keyof typeof es.sync.kind => Object.hasOwn(es.sync.kind, kind);
