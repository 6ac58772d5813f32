import { ConfigError } from '../../shared/domain/failures.ts';
import { JOB_TYPES, Pipelines } from '../../shared/domain/pipeline.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { loadJobTypes } from '../../shared/runtime/job-type-modules.ts';
import { ROLES } from '../../shared/runtime/variable.ts';
import { type Finding, Findings } from './finding.ts';
import { checkMongodb } from './mongodb-checks.ts';
import { checkRabbitmq } from './rabbitmq-checks.ts';

/**
 * Looks at settings, MongoDB and RabbitMQ and prints one JSON array of findings. Started by `jobline doctor`, which knows neither.
 * Ends with 0 whatever it found.
 */
const { env } = process;

/** Every problem of every kind of process, each once. */
function settingsProblems(): readonly string[] {
  const problems = ROLES.flatMap((role) => {
    try {
      readConfig(role, env);
      return [];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.problems;
    }
  });
  return [...new Set(problems)];
}

async function stageNames(paths: readonly string[], settings: Findings): Promise<readonly string[]> {
  const shipped = Object.values(JOB_TYPES);
  try {
    const own = await loadJobTypes(paths, Object.keys(JOB_TYPES));
    return new Pipelines([...shipped, ...own.map(({ spec }) => spec)]).stageNames();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) settings.add('', 'failed', problem);
    return new Pipelines(shipped).stageNames();
  }
}

async function findings(): Promise<readonly Finding[]> {
  const settings = new Findings('settings');
  const problems = settingsProblems();
  for (const problem of problems) settings.add('', 'failed', problem);
  if (problems.length > 0) return settings.all;
  const config = readConfig('cli', env);
  const stages = await stageNames(config.jobTypes, settings);
  if (settings.all.length === 0) settings.add('', 'ok', 'every variable is right');
  const [mongodb, rabbitmq] = await Promise.all([
    checkMongodb(config.mongodbUrl),
    checkRabbitmq({ urls: config.rabbitmqUrl, managementUrl: config.rabbitmqManagementUrl, stageNames: stages, mode: config.topology }),
  ]);
  return [...settings.all, ...mongodb, ...rabbitmq];
}

process.stdout.write(`${JSON.stringify(await findings())}\n`);
