import { commandLine, wholeOrExit } from '../support/command-line.ts';
import { ETA_SCENARIOS } from '../support/eta-scenarios.ts';
import { EtaSimulation } from '../support/eta-simulation.ts';

const USAGE = `npm run bench:eta -- [option ...]

Holds predicted ends of jobs against simulated loads: how many ended within their p50 and their p90. It needs no server.

--seed <n>   of the loads (1)
--help       this`;

const { values } = commandLine({ usage: USAGE, options: { seed: { type: 'string', default: '1' } } });
const seed = wholeOrExit('seed', values.seed, USAGE);
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
process.stdout.write('| load | predictions | ended within p50 | within p90 |\n| --- | --- | --- | --- |\n');
for (const scenario of ETA_SCENARIOS) {
  const { calibration } = await new EtaSimulation(scenario, seed).run();
  const { by_p50, by_p90, later } = calibration.ended;
  const all = by_p50 + by_p90 + later;
  process.stdout.write(`| ${scenario.name} | ${all} | ${percent(by_p50 / all)} | ${percent((by_p50 + by_p90) / all)} |\n`);
}
