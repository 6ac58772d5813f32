import { MemoryStageStatistics } from '../support/memory-stage-statistics.ts';
import { stageStatisticsContract } from './stage-statistics.contract.ts';

stageStatisticsContract('memory', async () => ({ statistics: new MemoryStageStatistics(), dispose: async () => undefined }));
