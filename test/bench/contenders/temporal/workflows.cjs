// Temporal bundles this for its sandbox: two activities one after the other, each on its stage's own task queue.
const { proxyActivities } = require('@temporalio/workflow');

const at = (taskQueue) => proxyActivities({ taskQueue, startToCloseTimeout: '1 minute' });
const { p1 } = at('p1');
const { p2 } = at('p2');

exports.benchJob = async function benchJob(payload) {
  await p1(payload);
  await p2(payload);
};
