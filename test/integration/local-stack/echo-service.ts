import { createServer } from 'node:http';

// A service that answers its health port and says in its log what it was told: enough to test how services are run.
const say = (msg: string, fields: object = {}) =>
  process.stdout.write(`${JSON.stringify({ level: 'info', service: 'echo', msg, ...fields })}\n`);
const health = createServer((_request, response) => response.end('{}'));
health.listen(Number(process.env['HEALTH_PORT']), '127.0.0.1', () => {
  const { RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL, MONGODB_URL, WORD } = process.env;
  say('up', { RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL, MONGODB_URL, WORD });
});
process.on('SIGTERM', () => {
  say('stopping');
  health.close(() => process.exit(0));
  health.closeAllConnections();
});
