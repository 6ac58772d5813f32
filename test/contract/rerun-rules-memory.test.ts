import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryRerunRules } from '../support/memory-rerun-rules.ts';
import { rerunRulesContract } from './rerun-rules.contract.ts';

rerunRulesContract('memory', async () => ({
  rules: new MemoryRerunRules({ clock: systemClock }),
  dispose: async () => undefined,
}));
