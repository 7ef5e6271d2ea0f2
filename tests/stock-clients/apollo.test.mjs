import { open } from './clients/apollo.mjs';
import { tellStories } from './support/stories.mjs';

tellStories('Apollo Client', open);
