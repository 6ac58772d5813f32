import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { keeper } from '../keeper.mjs';
import { USER } from './bare-debian.mjs';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Exit code when the command left processes behind. */
const LEFT_PROCESSES = 97;
const STEP_MS = 2_400_000;

// Mounts and processes end with the namespaces that `unshare` makes. Process 1 in there is this shell.
const SCRIPT = `
root=$1; shift
mount --make-rprivate /
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
if [ "$JOBLINE_NO_NETWORK" = yes ]; then
  ip link set lo up 2>/dev/null || python3 -c 'import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 0x49))'
fi
"$@"
code=$?
tries=0
while set -- "$root"/proc/[0-9]*; [ $# -gt 1 ]; do
  tries=$((tries + 1))
  if [ $tries -gt 150 ]; then
    for one in "$@"; do echo "LEFT BEHIND: $(tr '\\0' ' ' < "$one/cmdline" | cut -c1-200)"; done
    exit ${LEFT_PROCESSES}
  fi
  sleep 0.1
done
exit $code
`;

/**
 * @typedef {object} Inside
 * @property {string} root
 * @property {readonly string[]} command run in the project's folder
 * @property {boolean} [isUser] as the plain user, in their copy of the project
 * @property {boolean} [hasNetwork] default true
 * @property {Record<string, string | undefined>} env of the package managers
 * @property {(chunk: Buffer) => void} onOutput
 */

/**
 * Runs a command on the bare machine, in mount and process namespaces of its own.
 * @param {Inside} options
 * @returns {Promise<{ code: number, leftFiles: string[] }>} `leftFiles`: what Jobline left in /tmp
 */
export function runInside({ root, command, isUser = false, hasNetwork = true, env, onOutput }) {
  const home = isUser ? USER.home : '/root';
  const inner = { ...env, HOME: home, PATH, LANG: 'C.UTF-8', TERM: 'dumb' };
  const chroot = ['chroot', ...(isUser ? [`--userspec=${USER.id}:${USER.id}`] : []), root, 'env', '-i'];
  const set = Object.entries(inner).map(([name, value]) => `${name}=${value}`);
  const shell = ['sh', '-c', 'cd "$HOME/jobline" && exec "$@"', 'sh', ...command];
  const flags = ['--mount', '--pid', '--fork', '--kill-child', ...(hasNetwork ? [] : ['--net'])];
  const child = spawn('unshare', [...flags, 'sh', '-c', SCRIPT, 'sh', root, ...chroot, ...set, ...shell], {
    env: { ...process.env, JOBLINE_NO_NETWORK: hasNetwork ? 'no' : 'yes' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: STEP_MS,
  });
  if (child.pid !== undefined) keeper.guardProcess(child.pid, { level: 'service', graceMs: 0 });
  child.stdout.on('data', onOutput);
  child.stderr.on('data', onOutput);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (child.pid !== undefined) keeper.forgetProcess(child.pid);
      const temporary = join(root, 'tmp');
      const leftFiles = existsSync(temporary) ? readdirSync(temporary).filter((name) => name.startsWith('jobline-')) : [];
      resolve({ code: code ?? 128, leftFiles });
    });
  });
}
