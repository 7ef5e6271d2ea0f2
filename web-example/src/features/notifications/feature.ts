import type { Feature } from '../Feature';
import { Bell } from './Bell';
import { documents } from './works';

export const notifications: Feature = {
  Header: Bell,
  works: { documents, touches: [] },
};
