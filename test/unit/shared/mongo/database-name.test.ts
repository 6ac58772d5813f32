import { expect } from 'chai';
import { databaseName } from '../../../../shared/mongo/database-name.ts';

describe('databaseName', () => {
  for (const [url, name] of [
    ['mongodb://localhost', 'jobline'],
    ['mongodb://localhost/', 'jobline'],
    ['mongodb://u:p@a:1,b:2/shop?replicaSet=r', 'shop'],
    ['mongodb+srv://cluster.example/x_1', 'x_1'],
    ['mongodb://localhost/?replicaSet=rs0', 'jobline'],
  ] as const) {
    it(`${url}: ${name}`, () => expect(databaseName(url)).to.equal(name));
  }
});
