import { type Screen, useFeatures } from '../features/Feature';
import { useViewer } from '../session/Viewer';

/** The screens that the person's role may open. */
export function useScreens(): Screen[] {
  const { role } = useViewer();
  return useFeatures()
    .flatMap(({ screens = [] }) => screens)
    .filter(({ roles }) => !roles || roles.includes(role));
}
