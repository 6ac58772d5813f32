import { expect } from 'chai';
import type { LocalMongodb, LocalRabbitmqCluster } from '../../deploy/local/servers.d.mts';
import { localServers } from '../support/local-stack.ts';
import { TestSystem } from '../support/test-system.ts';

describe('JOBLINE_STACK', function () {
  this.timeout(420_000);

  it('cluster: starts three nodes of RabbitMQ and three members of MongoDB, and the services work on them', async () => {
    const system = await TestSystem.start({ ownServers: true, env: { JOBLINE_STACK: 'cluster' } });
    try {
      const rabbitmq = system.system.rabbitmq as LocalRabbitmqCluster;
      const mongodb = system.system.mongodb as LocalMongodb;
      expect([rabbitmq.nodes.length, mongodb.members.length]).to.deep.equal([3, 3]);
      expect([rabbitmq.url, rabbitmq.managementApi].map((urls) => urls.split(',').length)).to.deep.equal([3, 3]);
      expect(new Set([...rabbitmq.nodes, ...mongodb.members].map(({ pid }) => pid)).size, 'processes').to.equal(6);
      expect((await rabbitmq.ctl(['eval', 'length([node() | nodes()]).'])).trim(), 'nodes that know each other').to.equal('3');
      const id = await system.submit('noop');
      expect((await system.until(id, ['COMPLETED'], 60_000)).status).to.equal('COMPLETED');
    } finally {
      await system.stop();
    }
  });

  it('a word that means nothing, is refused', async () => {
    const { startServers } = await localServers();
    const error = await startServers({ env: { JOBLINE_STACK: 'custer' }, temporary: true }).catch((one: unknown) => one);
    expect((error as Error).message).to.equal('JOBLINE_STACK is "custer"; it must be single or cluster.');
  });
});
