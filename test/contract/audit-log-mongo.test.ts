import { MongoAuditLog } from '../../shared/mongo/mongo-audit-log.ts';
import { newDatabase } from '../support/mongo.ts';
import { auditLogContract } from './audit-log.contract.ts';

auditLogContract('MongoAuditLog', async () => {
  const database = await newDatabase();
  return { log: new MongoAuditLog(database, { retainDays: 1 }), dispose: database.dispose };
});
