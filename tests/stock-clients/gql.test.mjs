import { open, prepare } from './clients/gql.mjs';
import { tellStories } from './support/stories.mjs';

tellStories("Python's gql", open, { prepare });
