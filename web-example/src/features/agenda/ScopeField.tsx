import { Radio, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { AgendaScope } from '../../api/gql/graphql';

export const scopes: AgendaScope[] = ['THIS', 'FOLLOWING', 'ALL'];

/** Which occurrences of a series a change applies to. */
export function ScopeField({ scope, choose }: { scope: AgendaScope; choose: (scope: AgendaScope) => void }) {
  const { t } = useTranslation();
  return (
    <Radio.Group label={t('agenda.scope.question')} value={scope} onChange={(value) => choose(value as AgendaScope)}>
      <Stack gap={6} mt={6}>
        {scopes.map((each) => (
          <Radio key={each} value={each} label={t(`agenda.scope.${each}`)} />
        ))}
      </Stack>
    </Radio.Group>
  );
}
