import { Anchor, Button, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { newKey } from '../api/key';
import { Brand } from '../app/Brand';
import { LanguageSwitch } from '../app/LanguageSwitch';
import { Note } from '../app/Note';
import { useRefusalText } from '../i18n/texts';
import classes from './LoginScreen.module.css';
import { logIn, type Refusal } from './session';

// `VITE_DEMO=false npm run build` leaves the hint out.
const demo = import.meta.env.VITE_DEMO !== 'false';

export function LoginScreen({ ended }: { ended: boolean }) {
  const { t } = useTranslation();
  const textOf = useRefusalText();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const passwordInput = useRef<HTMLInputElement>(null);

  useEffect(() => {
    document.title = `${t('session.title')} – cabina`;
  }, [t]);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setRefusal(null);
    const refused = await logIn(email.trim(), password, newKey());
    // On success, this screen is gone already.
    if (!refused) return;
    setBusy(false);
    setRefusal(refused);
    passwordInput.current?.select();
  }

  return (
    <main className={classes.screen}>
      <Paper className={classes.card} withBorder>
        <form onSubmit={submit}>
          <Stack gap="md">
            <Brand />
            <div>
              <Title order={1} size="h2">
                {t('session.title')}
              </Title>
              <Text c="dimmed">{t('session.subtitle')}</Text>
            </div>
            {refusal && <Note tone="error">{textOf(refusal)}</Note>}
            {ended && !refusal && <Note tone="warning">{t('session.ended')}</Note>}
            <TextInput
              label={t('session.email')}
              type="email"
              name="email"
              autoComplete="username"
              required
              withAsterisk={false}
              autoFocus
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
            <PasswordInput
              ref={passwordInput}
              label={t('session.password')}
              name="password"
              autoComplete="current-password"
              required
              withAsterisk={false}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              visibilityToggleButtonProps={{ 'aria-label': t('session.showPassword'), tabIndex: 0 }}
            />
            <Button type="submit" loading={busy} fullWidth>
              {t('session.logIn')}
            </Button>
            {demo && (
              <Text size="sm" c="dimmed">
                {t('session.demoHint')} <code>ana@demo.test</code> / <code>demo</code>
              </Text>
            )}
          </Stack>
        </form>
      </Paper>
      <div className={classes.foot}>
        <LanguageSwitch />
        {demo && (
          <Anchor href="/graphiql" size="sm">
            GraphiQL
          </Anchor>
        )}
      </div>
    </main>
  );
}
