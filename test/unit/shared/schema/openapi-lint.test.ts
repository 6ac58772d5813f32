import { expect } from 'chai';
import { lintApi } from '../../../support/lint-api.ts';

describe("the OpenAPI document, by Redocly's rules", () => {
  it('has no error and no warning', () => {
    const { isClean, output } = lintApi();
    expect(isClean, output).to.equal(true);
    expect(output)
      .to.contain('valid')
      .and.not.to.match(/[1-9]\d* warnings?/);
  });
});
