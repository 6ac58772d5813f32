import { systemClock as clock } from '../../shared/runtime/system-clock.ts';
import { MemoryBreakers } from '../support/memory-breakers.ts';
import { breakersContract } from './breakers.contract.ts';

breakersContract('MemoryBreakers', async () => ({ breakers: new MemoryBreakers({ clock }), dispose: async () => undefined }));
