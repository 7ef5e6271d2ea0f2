import { useTranslation } from 'react-i18next';
import type { Failure } from '../api/failure';
import type { Refusal } from '../session/session';
import es from './es.json';

type UserError = { code: string; message: string };

const has = <Texts extends object>(texts: Texts, key: string): key is keyof Texts & string => Object.hasOwn(texts, key);

/** The text of a refusal in the person's language; the server's own message if the code has no text here. */
export function useUserErrorText() {
  const { t } = useTranslation();
  return ({ code, message }: UserError) => (has(es.refusals, code) ? t(`refusals.${code}`, { message }) : message);
}

export function useFailureText() {
  const { t } = useTranslation();
  return ({ code }: Failure) => t(`failures.${has(es.failures, code) ? code : 'INTERNAL'}`);
}

export function useRefusalText() {
  const ofError = useUserErrorText();
  const ofFailure = useFailureText();
  return (refusal: Refusal) => ('failure' in refusal ? ofFailure(refusal.failure) : ofError(refusal.userError));
}
