import type { OpenClient } from '../Feature';
import { SyncSign } from './SyncSign';
import { SyncTrouble } from './SyncTrouble';
import { useSync } from './useSync';

type Props = { client: OpenClient };

/** The Odoo sync status of a client; nothing when it is not synchronised. */
export function ClientSign({ client }: Props) {
  const { sync } = useSync(client.id, client.sync);
  return sync && <SyncSign sync={sync} />;
}

/** Why a client is not in sync with Odoo. */
export function ClientTrouble({ client }: Props) {
  const { sync, heard } = useSync(client.id, client.sync);
  return sync && <SyncTrouble id={client.id} sync={sync} heard={heard} />;
}
