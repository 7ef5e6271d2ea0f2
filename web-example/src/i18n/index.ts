import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import en from './en.json';
import es from './es.json';

export type Language = 'es' | 'en';

const KEY = 'cabina.language';

// Both files must have the same keys.
const english: typeof es = en;
const spanish: typeof en = es;

i18next.on('languageChanged', (language) => {
  document.documentElement.lang = language;
});

void i18next.use(initReactI18next).init({
  lng: localStorage.getItem(KEY) === 'en' ? 'en' : 'es',
  fallbackLng: 'es',
  resources: { es: { translation: spanish }, en: { translation: english } },
  interpolation: { escapeValue: false },
});

export function speak(language: Language) {
  localStorage.setItem(KEY, language);
  void i18next.changeLanguage(language);
}
