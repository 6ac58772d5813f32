import { expect } from 'chai';
import { type QueueReport, watermarkOf } from '../../../../shared/domain/watermark.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
/** Seconds before now. */
const ago = (seconds: number) => new Date(NOW_MS - seconds * 1_000);
const report = (more: Partial<QueueReport> = {}): QueueReport => ({ queue: 'q', consumer: 'c', at: ago(2), ...more });
const newest = (published: number, seen: number) => ({ newest: { publishedAt: ago(published), seenAt: ago(seen) } });
const watermarkAgo = (...reports: QueueReport[]): number | undefined => {
  const mark = watermarkOf(reports, new Date(NOW_MS));
  return mark && (NOW_MS - mark.getTime()) / 1_000;
};

describe('watermarkOf', () => {
  it('without a first delivery, says nothing', () => {
    expect(watermarkAgo()).to.equal(undefined);
    expect(watermarkAgo(report({ oldestHeldAt: ago(100) }))).to.equal(undefined);
  });

  it('is the newest first delivery of all consumers', () => {
    expect(watermarkAgo(report(newest(300, 20)), report(newest(200, 30)), report())).to.equal(200);
  });

  it('is never later than the oldest bell that a live consumer holds', () => {
    expect(watermarkAgo(report(newest(200, 20)), report({ oldestHeldAt: ago(900) }), report({ oldestHeldAt: ago(100) }))).to.equal(900);
  });

  it('while a consumer is silent, counts only what came a minute after its last report: its bells may be on their way back', () => {
    const silent = report({ consumer: 'silent', at: ago(100), oldestHeldAt: ago(500) });
    expect(watermarkAgo(silent, report(newest(200, 41)))).to.equal(undefined);
    expect(watermarkAgo(silent, report(newest(200, 39)))).to.equal(200);
    expect(watermarkAgo({ ...silent, at: ago(16) }, report(newest(200, 20)))).to.equal(undefined);
    expect(watermarkAgo({ ...silent, at: ago(14) }, report(newest(200, 20)))).to.equal(500);
  });

  it('leaves out a publish time that lies ahead', () => {
    expect(watermarkAgo(report(newest(-61, 20)), report(newest(300, 20)))).to.equal(300);
    expect(watermarkAgo(report(newest(-59, 20)))).to.equal(-59);
  });
});
