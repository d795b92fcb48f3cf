import { expect, test } from '@jest/globals';
import { createPrintFonts } from '../../src/adapters/print-fonts.js';

const fonts = createPrintFonts();
const familiesFor = async (text: string): Promise<readonly string[]> => {
  const style = await fonts.styleFor(text);
  return [...new Set([...style.matchAll(/@font-face\{font-family:"([^"]+)"/g)].map(([, family]) => family ?? ''))];
};

test('a text brings the fonts of its own scripts and no other', async () => {
  expect(await familiesFor('Anita Sharma, Иван, Ελένη')).toEqual(['noto-sans']);
  expect(await familiesFor('محمد')).toEqual(['noto-sans-arabic']);
  expect(await familiesFor('דוד and สมชาย')).toEqual(['noto-sans', 'noto-sans-hebrew', 'noto-sans-thai']);
});

test('Han characters take the shapes of the kana or the Hangul beside them, else the Chinese ones', async () => {
  expect((await familiesFor('東京さくら'))[0]).toBe('noto-sans-jp');
  expect((await familiesFor('金김'))[0]).toBe('noto-sans-kr');
  expect((await familiesFor('张伟'))[0]).toBe('noto-sans-sc');
});

test('a Chinese name brings a few subsets, not the package', async () => {
  const style = await fonts.styleFor('张伟');
  expect(style.split('@font-face').length - 1).toBeLessThan(8);
  expect(style.length).toBeLessThan(500_000);
});

test('the same text gets the same style, from another instance too', async () => {
  expect(await createPrintFonts().styleFor('山田太郎')).toBe(await fonts.styleFor('山田太郎'));
});
