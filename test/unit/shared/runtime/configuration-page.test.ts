import { configurationPage } from '../../../../shared/runtime/configuration-page.ts';
import { expectPage } from './generated-page.ts';

describe('docs/configuration.md', () => {
  it('the page in the repository: equals the one made from the table of variables', () => {
    expectPage('configuration.md', configurationPage());
  });
});
