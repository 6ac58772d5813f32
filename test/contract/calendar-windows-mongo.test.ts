import { MongoCalendarWindows } from '../../shared/mongo/mongo-calendar-windows.ts';
import { MongoControls } from '../../shared/mongo/mongo-controls.ts';
import { newDatabase } from '../support/mongo.ts';
import { calendarWindowsContract } from './calendar-windows.contract.ts';

calendarWindowsContract('MongoCalendarWindows', async () => {
  const database = await newDatabase({ isMigrated: false });
  return { windows: new MongoCalendarWindows(database), controls: new MongoControls(database), dispose: database.dispose };
});
