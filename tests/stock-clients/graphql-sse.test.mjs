import { open } from './clients/graphql-sse.mjs';
import { tellStories } from './support/stories.mjs';

tellStories('graphql-sse', open, { refusal: 401, oneSocket: false });
