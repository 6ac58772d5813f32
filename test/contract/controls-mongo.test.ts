import { MongoControls } from '../../shared/mongo/mongo-controls.ts';
import { newDatabase } from '../support/mongo.ts';
import { controlsContract } from './controls.contract.ts';

controlsContract('MongoControls', async () => {
  const database = await newDatabase({ isMigrated: false });
  return { controls: new MongoControls(database), dispose: database.dispose };
});
