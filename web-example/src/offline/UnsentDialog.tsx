import { Anchor, Button, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { Dialog } from '../app/Dialog';
import { Note } from '../app/Note';
import { useFeatures } from '../features/Feature';
import es from '../i18n/es.json';
import { useFailureText, useUserErrorText } from '../i18n/texts';
import { useMoment } from '../i18n/useMoment';
import { useDevice, useWorks } from './Offline';
import classes from './UnsentDialog.module.css';
import { WaitsSign } from './WaitsSign';
import type { Answer, Refused, Work } from './works';

/** All changes made on this device that are not saved on the server: they are waiting or were refused. */
export function UnsentDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const works = useWorks();
  return (
    <Dialog size="lg" title={t('offline.unsent')} close={close}>
      {works.length === 0 ? (
        <p className={classes.none}>{t('offline.allSent')}</p>
      ) : (
        <>
          <p className={classes.none}>{t('offline.sentBy')}</p>
          <ul className={classes.list}>
            {works.map((work) => (
              <li key={work.key} data-refused={work.refused ? true : undefined}>
                <One work={work} close={close} />
              </li>
            ))}
          </ul>
        </>
      )}
    </Dialog>
  );
}

function One({ work, close }: { work: Work; close: () => void }) {
  const { t } = useTranslation();
  const { queue } = useDevice();
  const moment = useMoment();
  const { name, about, at, refused } = work;
  const called = isNamed(name) ? t(`offline.works.${name}`) : name;
  const what = `${called}: ${about.title}`;
  return (
    <>
      <div className={classes.head}>
        <span>
          {called}:{' '}
          <Anchor component={Link} underline="always" href={about.path} onClick={close}>
            {about.title}
          </Anchor>
        </span>
        <time dateTime={new Date(at).toISOString()}>{moment(new Date(at).toISOString()).short}</time>
      </div>
      {about.text && <p className={classes.text}>{about.text}</p>}
      {refused ? <Why name={name} refused={refused} /> : <WaitsSign />}
      <Group gap="xs">
        {refused && refused.why !== 'refused' && (
          <Button
            size="compact-sm"
            variant="default"
            aria-label={`${t('app.retry')}: ${what}`}
            onClick={() => void queue.again(work)}
          >
            {t('app.retry')}
          </Button>
        )}
        <Button
          size="compact-sm"
          variant="subtle"
          color="red.9"
          className={classes.drop}
          aria-label={`${t('offline.drop')}: ${what}`}
          onClick={() => void queue.drop(work)}
        >
          {t('offline.drop')}
        </Button>
      </Group>
    </>
  );
}

/** Why a change was not applied, and what the person can do now. */
function Why({ name, refused }: { name: string; refused: Refused }) {
  const { t } = useTranslation();
  const failureText = useFailureText();
  const own = useFeatures().find(({ works }) => works && Object.hasOwn(works.documents, name));
  const Refusal = own?.works?.Refused ?? Plain;
  if (refused.why === 'unsure') return <Note tone="warning">{t('offline.unsure')}</Note>;
  if (refused.why === 'failed') return <Note tone="error">{failureText(refused.failure)}</Note>;
  return (
    <>
      <Refusal refused={refused} title={t('offline.notDone')} />
      <p className={classes.none}>{t('offline.doAgain')}</p>
    </>
  );
}

function Plain({ refused: { userErrors }, title }: { refused: Answer; title: string }) {
  const textOf = useUserErrorText();
  return (
    <Note tone="error" title={title}>
      {[...new Set(userErrors.map(textOf))].map((text) => (
        <p key={text}>{text}</p>
      ))}
    </Note>
  );
}

const isNamed = (name: string): name is keyof typeof es.offline.works => Object.hasOwn(es.offline.works, name);
