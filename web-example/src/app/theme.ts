import { createTheme, type CSSVariablesResolver } from '@mantine/core';

export const theme = createTheme({
  primaryColor: 'sea',
  primaryShade: 7,
  colors: {
    sea: ['#e8f5f7', '#d2eaee', '#a8d6de', '#7ac1cc', '#52adbb', '#379dac', '#288b9a', '#1b7686', '#0f6170', '#064c59'],
  },
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  headings: { fontFamily: 'inherit', fontWeight: '650' },
  cursorType: 'pointer',
});

// Mantine's greys and reds are too pale to be read easily.
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-dimmed': '#51585f',
    '--mantine-color-placeholder': '#656d75',
    '--mantine-color-error': '#c22525',
    '--mantine-color-anchor': '#0f6170',
  },
  dark: {
    '--mantine-color-dimmed': '#b3b9bf',
    '--mantine-color-placeholder': '#9aa1a8',
    '--mantine-color-error': '#ff9c9c',
    '--mantine-color-anchor': '#7ac1cc',
  },
});
