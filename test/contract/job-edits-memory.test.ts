import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryJobEdits } from '../support/memory-job-edits.ts';
import { jobEditsContract } from './job-edits.contract.ts';

jobEditsContract('MemoryJobEdits', async () => ({ edits: new MemoryJobEdits({ clock: systemClock }), dispose: async () => undefined }));
