import type { Db } from 'mongodb';
import type { JobDocument } from '../../shared/mongo/job-document.ts';
import type { ListedQueue, ManagementApi } from '../../shared/rabbit/management-api.ts';

/** Lines of logs that are told. */
const LOG_LINES = 60;

/** Where it is looked for. */
export interface EvidenceSources {
  readonly db: Db;
  readonly management: ManagementApi;
  readonly system: { readonly logs: readonly { readonly name: string; readonly line: string }[] };
}

interface ListedChannel {
  readonly name: string;
  readonly vhost: string;
  readonly messages_unacknowledged?: number;
  readonly consumer_count?: number;
}

/** What may tell where jobs are stuck: their records, the workers' reports, the broker's queues and channels, the last lines of logs. */
export async function stuckEvidence({ db, management, system }: EvidenceSources, open: readonly JobDocument[]): Promise<string> {
  const reports = await db.collection('queue_reports').find({}).toArray();
  const broker = await Promise.all([
    management.get<readonly ListedQueue[]>(management.inVhost('queues')).then((queues) => queues.map(queueLine)),
    management.get<readonly ListedChannel[]>('/api/channels').then((channels) => channels.map(channelLine)),
  ]).catch((error: Error) => [[error.message]]);
  const isTelling = (line: string) => open.some(({ _id }) => line.includes(_id)) || /"level":"(warn|error|fatal)"/.test(line);
  const logs = system.logs.filter(({ line }) => isTelling(line)).slice(-LOG_LINES);
  return [
    ...[...open, ...reports].map((one) => JSON.stringify(one)),
    ...broker.flat(),
    ...logs.map(({ name, line }) => `${name}: ${line}`),
  ].join('\n');
}

const queueLine = ({ name, messages_ready, messages_unacknowledged, consumers }: ListedQueue) =>
  `${name}: ${messages_ready} ready, ${messages_unacknowledged} unacknowledged, ${consumers} consumers`;

const channelLine = ({ name, vhost, messages_unacknowledged, consumer_count }: ListedChannel) =>
  `channel ${name} on ${vhost}: ${messages_unacknowledged} unacknowledged, ${consumer_count} consumers`;
