import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryScheduleStore } from '../support/memory-schedule-store.ts';
import { scheduleStoreContract } from './schedule-store.contract.ts';

scheduleStoreContract('MemoryScheduleStore', async () => ({
  schedules: new MemoryScheduleStore({ clock: systemClock }),
  dispose: async () => undefined,
}));
