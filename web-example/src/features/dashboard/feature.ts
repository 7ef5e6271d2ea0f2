import type { Feature } from '../Feature';
import { HomeScreen } from './HomeScreen';

export const dashboard: Feature = {
  screens: [{ path: '/', Screen: HomeScreen, nav: { icon: 'home', text: 'dashboard.title' } }],
};
