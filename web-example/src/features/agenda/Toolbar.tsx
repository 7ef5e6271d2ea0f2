import { Button, Group, SegmentedControl, Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { AgendaPeopleDocument } from '../../api/gql/graphql';
import { Icon } from '../../app/Icon';
import { useViewer } from '../../session/Viewer';
import { type View, views } from './path';
import classes from './Toolbar.module.css';

type Props = {
  view: View;
  label: string;
  show: (view: View) => void;
  /** Moves by this many months, weeks or days; null goes to today. */
  step: (count: number | null) => void;
  whose: string;
  setWhose: (whose: string) => void;
  add: () => void;
  settings: () => void;
};

export function Toolbar({ view, label, show, step, whose, setWhose, add, settings }: Props) {
  const { t } = useTranslation();
  return (
    <div className={classes.bar}>
      <Group gap={4} role="group" aria-label={t('agenda.when')} wrap="nowrap">
        <Button variant="default" size="sm" onClick={() => step(null)}>
          {t('agenda.today')}
        </Button>
        <Button variant="default" size="sm" px="xs" aria-label={t(`agenda.previous.${view}`)} onClick={() => step(-1)}>
          <Icon name="arrowLeft" />
        </Button>
        <Button variant="default" size="sm" px="xs" aria-label={t(`agenda.next.${view}`)} onClick={() => step(1)}>
          <Icon name="arrowRight" />
        </Button>
      </Group>
      <p className={classes.label} role="status">
        {label}
      </p>
      <Whose whose={whose} setWhose={setWhose} />
      <SegmentedControl
        size="sm"
        aria-label={t('agenda.view')}
        value={view}
        onChange={(value) => show(value as View)}
        data={views.map((value) => ({ value, label: t(`agenda.views.${value}`) }))}
      />
      <Group gap={4} wrap="nowrap" className={classes.actions}>
        <Button size="sm" leftSection={<Icon name="plus" size={16} />} onClick={add}>
          {t('agenda.new')}
        </Button>
        <Button variant="default" size="sm" px="xs" aria-label={t('agenda.settings.title')} onClick={settings}>
          <Icon name="gear" />
        </Button>
      </Group>
    </div>
  );
}

/** Chooses whose events to show: all that are visible, one's own, or those of one colleague. */
function Whose({ whose, setWhose }: Pick<Props, 'whose' | 'setWhose'>) {
  const { t } = useTranslation();
  const viewer = useViewer();
  const [{ data }] = useQuery({ query: AgendaPeopleDocument, pause: viewer.role === 'ADVISOR' });
  const colleagues = data?.users.nodes.filter(({ id }) => id !== viewer.id) ?? [];
  return (
    <Select
      size="sm"
      className={classes.whose}
      rightSectionWidth={26}
      aria-label={t('agenda.whose')}
      allowDeselect={false}
      value={whose}
      onChange={(value) => setWhose(value ?? 'all')}
      data={[
        { value: 'all', label: t(`agenda.all.${viewer.role}`) },
        { value: viewer.id, label: t('agenda.mine') },
        ...colleagues.map(({ id, name }) => ({ value: id, label: name })),
      ]}
    />
  );
}
