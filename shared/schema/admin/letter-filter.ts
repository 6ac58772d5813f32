const moment = (description: string) => ({ description, schema: { format: 'date-time' } });

/** Query parameters that say which dead letters. */
export const LETTER_FILTER = {
  stage: { description: 'Name of the stage at which they failed', schema: { minLength: 1, maxLength: 100 } },
  type: { description: 'Job type', schema: { minLength: 1, maxLength: 100 } },
  tenant: { description: 'Tenant', schema: { minLength: 1, maxLength: 64 } },
  fingerprint: { description: 'Of their cause, as groups show it', schema: { pattern: '^[0-9a-f]{16}$' } },
  failed_from: moment('Failed at this moment or later'),
  failed_before: moment('Failed before this moment'),
  ignored: {
    description: 'Those of ignored groups too. They are left out where no fingerprint is given.',
    schema: { enum: ['include'] },
  },
};
