import { AdminApi, adminUrl } from '../admin-api.ts';
import { type Command, ExitCode, type OptionValues, type Terminal } from '../command.ts';
import { runDeployProgram, serverVariables } from '../deploy-program.ts';
import type { Finding } from '../finding.ts';
import { checkAdmin, checkApi } from '../gateway-checks.ts';
import { apiUrl } from '../job-api.ts';
import { STRING } from '../option-values.ts';
import { examplesHelp } from '../question.ts';
import { manifest } from '../release.ts';
import { tableOf } from '../table.ts';

const help = `Usage: jobline doctor [options]

Looks at this machine, the gateway and the servers, changes nothing, and says of
each thing how it stands and what to do: Node.js; gateway (reachable, ready,
release, clock) and control plane; settings; MongoDB (version, replica set,
permissions, schema, clock); RabbitMQ (version, topology, management, queue
types, permissions, alarms).

  --url URL          API of a gateway; default: JOBLINE_URL, else that of the
                     system that npm start runs in this folder, else
                     http://127.0.0.1:8080
  --admin-url URL    its control plane; default: JOBLINE_ADMIN_URL, likewise,
                     else http://127.0.0.1:8081
  --json             print the findings as JSON
  JOBLINE_API_KEY    (variable) a key with the scope admin, where the gateway
                     asks for keys
  MONGODB_URL, RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL and the other settings of
                     the services (variables); default: servers of the system
                     that runs in this folder; without, servers are left out

Exit code: 0 nothing failed, 1 something failed, 64 wrong use.
${examplesHelp(['jobline doctor'])}`;

function nodeFinding(): Finding {
  const { node } = manifest().engines;
  const [major = 0, minor = 0] = node.replace(/^\D+/, '').split('.').map(Number);
  const [is = 0, isMinor = 0] = process.versions.node.split('.').map(Number);
  const isFine = is > major || (is === major && isMinor >= minor);
  return {
    check: 'Node.js',
    status: isFine ? 'ok' : 'failed',
    message: isFine ? process.versions.node : `${process.versions.node}; it must be ${node}.`,
  };
}

async function serverFindings(terminal: Terminal): Promise<readonly Finding[]> {
  const variables = serverVariables(terminal.env);
  if (!variables['MONGODB_URL'] && !variables['RABBITMQ_URL'])
    return [
      { check: 'servers', status: 'skipped', message: 'Neither MONGODB_URL nor RABBITMQ_URL is set, and npm start does not run here.' },
    ];
  const { code, out, err } = await runDeployProgram('doctor', [], variables);
  if (code === ExitCode.done) return JSON.parse(out) as Finding[];
  return [{ check: 'servers', status: 'failed', message: `They could not be looked at: ${err.trim().slice(0, 500)}` }];
}

async function run(values: OptionValues, terminal: Terminal): Promise<number> {
  const [api, admin] = [apiUrl(values, terminal), adminUrl({ url: values['admin-url'] }, terminal)];
  const parts = await Promise.all([
    checkApi(api, manifest().version),
    checkAdmin(admin, new AdminApi(admin, terminal.env['JOBLINE_API_KEY'] || undefined)),
    serverFindings(terminal),
  ]);
  const checks = [nodeFinding(), ...parts.flat()];
  const failed = checks.filter(({ status }) => status === 'failed').length;
  const warned = checks.filter(({ status }) => status === 'warning').length;
  const rows = checks.map(({ status, check, message }) => [status, check, message]);
  const text = `${tableOf([['status', 'check', 'what is there'], ...rows], terminal)}${failed} failed, ${warned} to look at\n`;
  terminal.write(values['json'] === true ? `${JSON.stringify({ ok: failed === 0, checks }, undefined, 2)}\n` : text);
  return failed === 0 ? ExitCode.done : ExitCode.jobFailed;
}

/** `jobline doctor`. */
export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'check this machine, the gateway and the servers',
  help,
  options: { url: STRING, 'admin-url': STRING, json: { type: 'boolean' } },
  run,
};
