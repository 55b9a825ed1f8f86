// The log buffer by itself: however a log is cut into parts, its lines are whole and in order.
//   node log_buffer.mjs --web-packages DIR

import { createRequire } from 'node:module';
import { resolve } from 'node:path';

import { check, commandLine, equal, runTests, test } from './harness.mjs';

const packages = commandLine()['web-packages'];
const esbuild = createRequire(resolve(packages, 'package.json'))('esbuild');
const { outputFiles } = await esbuild.build({
  absWorkingDir: resolve(packages),
  entryPoints: ['src/live/log_buffer.ts'],
  preserveSymlinks: true,
  bundle: true,
  format: 'esm',
  write: false,
});
const source = Buffer.from(outputFiles[0].contents).toString('base64');
const { LogBuffer } = await import(`data:text/javascript;base64,${source}`);

const text = (buffer) => buffer.blocks.map((block) => block.text).join('') + buffer.openLine;

// A log with short and long lines, empty lines and characters of up to four bytes.
function sample(random, lines) {
  let all = '';
  for (let line = 0; line < lines; line++) {
    all += `${line} ${'ab🧵é漢'.repeat(Math.floor(random() ** 4 * 900))}\n`.slice(random() < 0.1 ? -1 : 0);
  }
  return all + 'no end of line';
}

function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test('appended in any parts, the text is the same', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = generator(seed);
    const whole = sample(random, 200);
    const bytes = Buffer.from(whole);
    const buffer = new LogBuffer(0, new Uint8Array());
    for (let at = 0; at < bytes.length; ) {
      const size = 1 + Math.floor(random() * 3000);
      buffer.append(bytes.subarray(at, at + size));
      at += size;
    }
    equal(buffer.end, bytes.length, `end with seed ${seed}`);
    check(text(buffer) === whole, `text with seed ${seed}`);
  }
});

test('loaded backwards in any parts, the text is the same', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = generator(seed);
    const whole = sample(random, 200);
    const bytes = Buffer.from(whole);
    let first = Math.floor(bytes.length * random());
    const buffer = new LogBuffer(first, bytes.subarray(first));
    check(whole.endsWith(text(buffer)), `the tail is whole lines with seed ${seed}`);
    while (first > 0) {
      const size = Math.min(first, 1 + Math.floor(random() * 5000));
      buffer.prepend(bytes.subarray(first - size, first));
      first -= size;
      equal(buffer.first, first, `first with seed ${seed}`);
      check(whole.endsWith(text(buffer)), `whole lines at ${first} with seed ${seed}`);
    }
    check(text(buffer) === whole, `text with seed ${seed}`);
    let at = 0;
    for (const block of buffer.blocks) {
      equal(block.offset, at, `offset of a block with seed ${seed}`);
      at += block.size;
    }
  }
});

test('a long log is dropped at the top in whole blocks', () => {
  const buffer = new LogBuffer(0, new Uint8Array());
  const line = Buffer.from(`${'x'.repeat(999)}\n`);
  for (let number = 0; number < 9000; number++) {
    buffer.append(line);
    buffer.trim();
  }
  const held = buffer.end - buffer.first;
  check(held > 3e6 && held < 5e6, `holds ${held} bytes`);
  equal(text(buffer).length, held, 'text held');
  equal(buffer.first % 1000, 0, 'begins with a whole line');
});

test('bytes that are no UTF-8 do not move what follows', () => {
  const bytes = Buffer.concat([Buffer.from([0xff, 0xc3, 0x0a]), Buffer.from('next\n')]);
  const buffer = new LogBuffer(0, bytes);
  check(text(buffer).endsWith('\nnext\n'), JSON.stringify(text(buffer)));
  equal(buffer.end, bytes.length, 'end');
});

process.exit(await runTests());
