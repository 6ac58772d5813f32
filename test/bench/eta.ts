import { ETA_SCENARIOS } from '../support/eta-scenarios.ts';
import { EtaSimulation } from '../support/eta-simulation.ts';

/** Holds the predictions against simulated loads: `npm run bench:eta [-- SEED]`. It needs no server. */
const seed = Number(process.argv[2] ?? 1);
if (!Number.isSafeInteger(seed)) {
  process.stderr.write(`The seed is ${JSON.stringify(process.argv[2])}; it must be a whole number.\n`);
  process.exit(64);
}
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
process.stdout.write('| load | predictions | ended within p50 | within p90 |\n| --- | --- | --- | --- |\n');
for (const scenario of ETA_SCENARIOS) {
  const { calibration } = await new EtaSimulation(scenario, seed).run();
  const { by_p50, by_p90, later } = calibration.ended;
  const all = by_p50 + by_p90 + later;
  process.stdout.write(`| ${scenario.name} | ${all} | ${percent(by_p50 / all)} | ${percent((by_p50 + by_p90) / all)} |\n`);
}
