import { createContext, useContext } from 'react';
import type { ViewerFragment } from '../api/gql/graphql';

const Viewer = createContext<ViewerFragment | null>(null);

export const ViewerProvider = Viewer.Provider;

export function useViewer(): ViewerFragment {
  const viewer = useContext(Viewer);
  if (!viewer) throw new Error('useViewer needs a ViewerProvider');
  return viewer;
}
