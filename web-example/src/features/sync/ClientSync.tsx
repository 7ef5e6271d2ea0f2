import type { OpenClient } from '../Feature';
import { SyncSign } from './SyncSign';
import { SyncTrouble } from './SyncTrouble';
import { useSync } from './useSync';

type Props = { client: OpenClient };

/** How a client stands in Odoo; nothing when it is not sent there. */
export function ClientSign({ client }: Props) {
  const { sync } = useSync(client.id, client.sync);
  return sync && <SyncSign sync={sync} />;
}

/** Why a client is not in Odoo as it is here. */
export function ClientTrouble({ client }: Props) {
  const { sync, heard } = useSync(client.id, client.sync);
  return sync && <SyncTrouble id={client.id} sync={sync} heard={heard} />;
}
