import { MemoryAuditLog } from '../support/memory-audit-log.ts';
import { auditLogContract } from './audit-log.contract.ts';

auditLogContract('MemoryAuditLog', async () => ({ log: new MemoryAuditLog(), dispose: async () => undefined }));
