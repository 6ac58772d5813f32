import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryApiKeys } from '../support/memory-api-keys.ts';
import { apiKeysContract } from './api-keys.contract.ts';

apiKeysContract('MemoryApiKeys', async () => ({ keys: new MemoryApiKeys({ clock: systemClock }), dispose: async () => undefined }));
