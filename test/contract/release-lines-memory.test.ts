import { MemoryReleaseLines } from '../support/memory-release-lines.ts';
import { releaseLinesContract } from './release-lines.contract.ts';

releaseLinesContract('MemoryReleaseLines', async () => ({ lines: new MemoryReleaseLines(), dispose: async () => undefined }));
