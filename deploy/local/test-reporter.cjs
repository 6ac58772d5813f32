// Mocha's reporter "spec", which besides keeps its counts in the file that JOBLINE_TEST_COUNTS names: a run that crashes
// half-way leaves the counts so far, without `isEnded`.
const { writeFileSync } = require('node:fs');
const Mocha = require('mocha');

const { EVENT_RUN_END, EVENT_TEST_END, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } = Mocha.Runner.constants;

module.exports = class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const counts = { passed: 0, failed: 0, skipped: 0, current: '', isEnded: false };
    const write = () => writeFileSync(process.env.JOBLINE_TEST_COUNTS, JSON.stringify(counts));
    write();
    // Failed hooks count as failures too: mocha tells them by the same event.
    runner.on(EVENT_TEST_PASS, () => (counts.passed += 1));
    runner.on(EVENT_TEST_FAIL, () => (counts.failed += 1));
    runner.on(EVENT_TEST_PENDING, () => (counts.skipped += 1));
    runner.on('test', (test) => {
      counts.current = test.fullTitle();
      write();
    });
    for (const event of [EVENT_TEST_END, EVENT_TEST_FAIL]) runner.on(event, write);
    runner.on(EVENT_RUN_END, () => {
      counts.isEnded = true;
      write();
    });
  }
};
