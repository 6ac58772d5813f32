import { REASONS } from '../../../shared/domain/explain/explain-job.ts';

/** docs/explain.md: every reason that an explanation can give. */
export function explainPage(): string {
  const rows = REASONS.map(({ code, states, when }) => `| \`${code}\` | ${states.map((state) => `\`${state}\``).join(', ')} | ${when} |`);
  return `# Explanations

\`GET /v1/jobs/{job_id}/explain\` (and \`GET /jobs/{job_id}/explain\`) says why a job is where it is:

\`\`\`json
{
  "job_id": "0193...",
  "status": "QUEUED",
  "as_of": "2026-01-15T12:10:00.000Z",
  "summary": "The job waits for Process 1, and no worker consumes its queue jobline.p1.standard: the last one reported at 2026-01-15T12:05:00Z.",
  "reasons": [
    {
      "code": "no_live_consumer",
      "message": "The job waits for Process 1, and no worker consumes its queue jobline.p1.standard: the last one reported at 2026-01-15T12:05:00Z.",
      "since": "2026-01-15T12:00:00.000Z",
      "evidence": {"stage": "p1", "lane": "standard", "queue": "jobline.p1.standard", "consumers": 0, "last_seen_at": "2026-01-15T12:05:00.000Z"}
    }
  ],
  "next": "It starts when a worker of Process 1 is there."
}
\`\`\`

\`summary\` is the message of the first reason. \`since\` and \`until\` are moments, \`evidence\` the names and figures behind the sentence; what is
not known is left out. The record is read for each request. What workers report of themselves, and what RabbitMQ's management API says of
the queue, is asked for at most every 2 s however many requests come, and of the API for at most 1 s: where it is away, the reports alone count.
A worker that dies counts as live for 15 s by its reports; the API's figures are up to 5 s old. \`broker_away\` is what this gateway sees.

This page is generated from the table of reasons in \`shared/domain/explain\` by \`explainPage()\`; a test compares the two. In this order:

| code | of jobs in state | given when |
| --- | --- | --- |
${rows.join('\n')}
`;
}
