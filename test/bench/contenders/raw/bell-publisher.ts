import { once } from 'node:events';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { joinWrites } from '../../../../shared/rabbit/joined-writes.ts';
import { chunksOf } from '../../suite/workload.ts';

/** The queue of a stage. */
export const queueOf = (stage: number) => `raw.p${stage + 1}`;

/** Rings bells: persistent, mandatory, confirmed, pipelined; bodies as Jobline's. */
export class BellPublisher {
  readonly #channel: ConfirmChannel;
  readonly #jobsPerMessage: number;

  private constructor(channel: ConfirmChannel, jobsPerMessage: number) {
    this.#channel = channel;
    this.#jobsPerMessage = jobsPerMessage;
  }

  static async open(connection: ChannelModel, jobsPerMessage: number): Promise<BellPublisher> {
    joinWrites(connection);
    return new BellPublisher(await connection.createConfirmChannel(), jobsPerMessage);
  }

  /** Resolves when all are confirmed. @throws Error when one is not. */
  async ring(stage: number, ids: readonly string[]): Promise<void> {
    for (const some of chunksOf(ids, this.#jobsPerMessage)) {
      if (!this.#channel.publish('', queueOf(stage), bodyOf(stage, some), propertiesOf(stage, some))) await once(this.#channel, 'drain');
    }
    await this.#channel.waitForConfirms();
  }

  /** Resolves when this one is confirmed, whatever else is in flight. @throws Error when it is not. */
  ringOne(stage: number, id: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const answered = (error: unknown) => (error ? reject(error) : resolve());
      this.#channel.publish('', queueOf(stage), bodyOf(stage, [id]), propertiesOf(stage, [id]), answered);
    });
  }
}

const genOf = (stage: number) => stage + 1;

function bodyOf(stage: number, ids: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify({ v: 1, stage, jobs: ids.map((id) => ({ id, gen: genOf(stage) })) }));
}

function propertiesOf(stage: number, ids: readonly string[]) {
  const messageId = `${ids[0]}:${stage}:${genOf(stage)}`;
  return { persistent: true, mandatory: true, messageId, type: 'doorbell', contentType: 'application/json' };
}
