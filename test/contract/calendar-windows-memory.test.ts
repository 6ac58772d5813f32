import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryControls } from '../support/memory-controls.ts';
import { calendarWindowsContract } from './calendar-windows.contract.ts';

calendarWindowsContract('MemoryCalendarWindows', async () => {
  const controls = new MemoryControls({ clock: systemClock });
  return { controls, windows: controls.windows, dispose: async () => undefined };
});
