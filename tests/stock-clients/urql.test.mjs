import { open } from './clients/urql.mjs';
import { tellStories } from './support/stories.mjs';

tellStories('urql', open);
