import { agenda } from './agenda/feature';
import { clients } from './clients/feature';
import { dashboard } from './dashboard/feature';
import type { Feature } from './Feature';
import { notifications } from './notifications/feature';
import { sync } from './sync/feature';

/** All features, in the order of the navigation. */
export const features: readonly Feature[] = [dashboard, clients, agenda, sync, notifications];
