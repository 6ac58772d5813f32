import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import iconv from 'iconv-lite';
import { ProgressMeter } from '../../../../services/p1-worker/handlers/report/progress-meter.ts';
import { Warnings } from '../../../../services/p1-worker/handlers/report/report-context.ts';
import { openText } from '../../../../services/p1-worker/handlers/report/text-file.ts';
import { profileOf } from './report-job.ts';

/** Short tables as people write them, and the encodings in which they were written. */
const LANGUAGES: Readonly<Record<string, { readonly text: string; readonly encodings: readonly string[] }>> = {
  German: {
    text: 'name,stadt\nJürgen Müller,München\nKäthe Groß,Köln\nBjörn Schröder,Düsseldorf\nAnna Weiß,Nürnberg\n',
    encodings: ['windows-1252', 'macintosh'],
  },
  French: { text: 'prénom,ville\nFrançois,Besançon\nHélène,Orléans\nAndré,Mâcon\nÉlodie,Nîmes\n', encodings: ['windows-1252', 'cp850'] },
  'French with typographic quotes': {
    text: 'id,note\n1,“l’été” – 5 €\n2,“ça va” – 7 €\n3,“où est-il” – 9 €\n',
    encodings: ['windows-1252'],
  },
  Spanish: {
    text: 'nombre,ciudad\nJosé Núñez,Málaga\nMaría Muñoz,Cádiz\nIñigo López,Córdoba\nSofía Ibáñez,Logroño\n',
    encodings: ['windows-1252'],
  },
  Swedish: { text: 'namn,stad\nÅsa Lindström,Malmö\nGöran Åkesson,Göteborg\n', encodings: ['windows-1252'] },
  Polish: {
    text: 'imię,miasto\nŁukasz Żółć,Łódź\nMałgorzata Wiśniewska,Kraków\nZbigniew Dąbrowski,Gdańsk\nPaweł Zieliński,Poznań\n',
    encodings: ['windows-1250', 'iso-8859-2'],
  },
  Czech: {
    text: 'jméno,město\nJiří Dvořák,Plzeň\nTomáš Novotný,Ústí\nŽaneta Čermáková,Budějovice\n',
    encodings: ['windows-1250', 'iso-8859-2'],
  },
  Russian: {
    text: 'имя,город\nИван Петров,Москва\nАнна Сидорова,Санкт-Петербург\nСергей Кузнецов,Новосибирск\n',
    encodings: ['windows-1251', 'koi8-r', 'iso-8859-5', 'cp866'],
  },
  Greek: {
    text: 'όνομα,πόλη\nΓιώργος Παπαδόπουλος,Αθήνα\nΜαρία Νικολάου,Θεσσαλονίκη\nΔημήτρης Ιωάννου,Πάτρα\n',
    encodings: ['windows-1253', 'iso-8859-7'],
  },
  Turkish: { text: 'ad,şehir\nGökçe Yılmaz,İstanbul\nAyşe Öztürk,Eskişehir\nÇağrı Şahin,Muğla\n', encodings: ['windows-1254'] },
  Hebrew: { text: 'שם,עיר\nיוסי כהן,תל אביב\nרחל לוי,ירושלים\nדוד מזרחי,חיפה\n', encodings: ['windows-1255'] },
  Arabic: { text: 'الاسم,المدينة\nمحمد علي,القاهرة\nفاطمة حسن,بغداد\nأحمد إبراهيم,الرياض\n', encodings: ['windows-1256', 'iso-8859-6'] },
  Thai: { text: 'ชื่อ,เมือง\nสมชาย ใจดี,กรุงเทพมหานคร\nสมหญิง รักไทย,เชียงใหม่\n', encodings: ['windows-874'] },
  Lithuanian: { text: 'vardas,miestas\nŽydrūnas Šimkus,Šiauliai\nEglė Jankauskaitė,Panevėžys\n', encodings: ['windows-1257'] },
  Japanese: { text: '名前,都市\n山田太郎,東京\n佐藤花子,大阪\n鈴木一郎,名古屋\n高橋さくら,札幌\n', encodings: ['shift_jis', 'euc-jp'] },
  Chinese: { text: '姓名,城市\n王小明,北京\n李丽华,上海\n张伟,广州\n刘洋,深圳\n', encodings: ['gb18030'] },
  'traditional Chinese': { text: '姓名,城市\n王小明,台北\n陳美華,高雄\n張偉,臺中\n劉洋,新竹\n', encodings: ['big5'] },
  Korean: { text: '이름,도시\n김민수,서울\n이영희,부산\n박지훈,대구\n', encodings: ['euc-kr'] },
  'one accent': { text: 'name,city\nJosé,Paris\n', encodings: ['windows-1252'] },
  'degree signs': { text: 'temperature,n\n21°C,1\n22°C,2\n', encodings: ['windows-1252'] },
  Italian: { text: 'città,perché\nForlì,più\nCefalù,già\n', encodings: ['windows-1252'] },
  Portuguese: { text: 'nome,ação\nJoão,não\nMaurício,reuniões\n', encodings: ['windows-1252'] },
  Danish: { text: 'navn,by\nSøren,København\nÅse,Ærø\n', encodings: ['windows-1252'] },
  Hungarian: { text: 'név,város\nSzűcs Győző,Győr\nÁkos,Békéscsaba\n', encodings: ['windows-1250', 'iso-8859-2'] },
  'French, two letters': { text: 'a,b\né à,1\nZürich,2\n', encodings: ['windows-1252'] },
  'Turkish of one row': { text: 'id,ad\n1,Çağrı Şahin\n', encodings: ['windows-1254'] },
  'Japanese kana': { text: 'なまえ,メモ\nさくら,テスト\n', encodings: ['shift_jis', 'euc-jp'] },
  'Chinese beyond GBK': { text: 'name,n\n𠮷野,1\n㐀,2\n', encodings: ['gb18030'] },
  pounds: { text: 'price,n\n£12,1\n£14,2\n', encodings: ['windows-1252'] },
};

const cellsOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => line.split(','));

describe('report text encodings', function () {
  this.timeout(120_000);

  for (const [language, { text, encodings }] of Object.entries(LANGUAGES)) {
    for (const encoding of encodings) {
      it(`${language}, ${encoding} without any mark, is read as written`, async () => {
        const { profile, table } = await profileOf({ content: iconv.encode(text, encoding) });
        const [header, ...rows] = cellsOf(text);
        expect(profile.columns.map(({ name }) => name)).to.deep.equal(header);
        expect(table.map((row) => row.map(String))).to.deep.equal(rows);
        expect(profile.warnings.join()).to.contain('not UTF-8');
      });
    }
  }

  const WIDE = 'name,n\nÄsop — 東京,1\n😀,2\n';
  for (const encoding of ['utf-8', 'utf-16le', 'utf-16be', 'utf-32le']) {
    it(`text, ${encoding} with a mark, is read without a warning`, async () => {
      const { profile, table } = await profileOf({ content: iconv.encode(WIDE, encoding, { addBOM: true }) });
      expect(profile.source.encoding).to.equal(encoding);
      expect(table).to.deep.equal([
        ['Äsop — 東京', 1],
        ['😀', 2],
      ]);
      expect(profile.warnings).to.deep.equal([]);
    });
  }

  for (const encoding of ['utf-16le', 'utf-16be']) {
    it(`text, ${encoding} without a mark, is recognised`, async () => {
      const { profile, table } = await profileOf({ content: iconv.encode(WIDE, encoding, { addBOM: false }) });
      expect(profile.source.encoding).to.equal(encoding);
      expect(table[1]).to.deep.equal(['😀', 2]);
    });
  }

  it('text, ISO-2022-JP, is recognised by its escapes', async () => {
    const { profile, table } = await profileOf({ content: Buffer.from('name,n\n\x1b$BF|K\\\x1b(B,1\n', 'latin1') });
    expect(profile.source.encoding).to.equal('iso-2022-jp');
    expect(table).to.deep.equal([['日本', 1]]);
  });

  it('UTF-8 with one broken byte stays UTF-8 and says so', async () => {
    const content = Buffer.concat([Buffer.from(`a,n\n${'ä,1\n'.repeat(50)}`), Buffer.from([0xff]), Buffer.from(',2\n')]);
    const { profile, table } = await profileOf({ content });
    expect(profile.source.encoding).to.equal('utf-8');
    expect(table.at(-1)).to.deep.equal(['�', 2]);
    expect(profile.warnings).to.deep.equal(['1 character not valid in utf-8 shown as � in the report.']);
  });

  it('first byte beyond ASCII, behind a megabyte of ASCII, still decides', async () => {
    const content = Buffer.concat([
      Buffer.from(`name,n\n${'x,1\n'.repeat(300_000)}`),
      iconv.encode('Jürgen Müller aus Köln,2\n', 'windows-1252'),
    ]);
    const { profile } = await profileOf({ content });
    expect(profile.source.encoding).to.equal('windows-1252');
    expect(profile.columns[0]?.max).to.equal('x');
    expect(profile.columns[0]?.min).to.equal('Jürgen Müller aus Köln');
  });

  it('sequence of UTF-8 across two blocks of the reader stays whole', async () => {
    for (const shift of [0, 1, 2, 3]) {
      const content = `name,n\n${'x'.repeat(262_144 - 8 - shift)}😀,1\n`;
      expect((await profileOf({ content })).profile.source.encoding).to.equal('utf-8');
    }
  });

  it('UTF-8 is not copied', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'jobline-test-text-'));
    try {
      const path = join(folder, 'upload');
      await writeFile(path, 'name\nJürgen\n');
      const context = {
        workDir: folder,
        signal: new AbortController().signal,
        meter: new ProgressMeter(() => undefined),
        warnings: new Warnings(),
      };
      expect((await openText(path, 13, context, () => undefined)).path).to.equal(path);
      expect(await readdir(folder)).to.deep.equal(['upload']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
