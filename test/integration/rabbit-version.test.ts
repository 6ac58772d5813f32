import { connect } from 'amqplib';
import { expect } from 'chai';
import { localModule } from '../support/local-stack.ts';
import { sharedBroker } from '../support/rabbit.ts';

describe('the version of RabbitMQ', () => {
  it('of the broker under test, is the one that it tells its clients, of the series that the run asks for', async () => {
    const { amqpUrl } = await sharedBroker();
    const connection = await connect(amqpUrl);
    const { version } = connection.connection.serverProperties;
    await connection.close();
    const { serverVersion } = await localModule<{ serverVersion(host: string, port: number): Promise<string> }>('rabbitmq-probe.mjs');
    const { hostname, port } = new URL(amqpUrl);
    expect(await serverVersion(hostname, Number(port))).to.equal(version);
    const series = process.env['JOBLINE_RABBITMQ'];
    if (series) expect(version).to.match(new RegExp(`^${series}\\.`));
  });

  it('of what does not answer as a broker, is an error', async () => {
    const { serverVersion } = await localModule<{ serverVersion(host: string, port: number): Promise<string> }>('rabbitmq-probe.mjs');
    const error = await serverVersion('127.0.0.1', 1).catch((one: unknown) => one);
    expect((error as Error).message).to.include('No version was heard of the broker on 127.0.0.1:1');
  });
});
