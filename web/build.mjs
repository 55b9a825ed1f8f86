// Bundles the dashboard and prepares it for embedding.
//   node build.mjs --packages DIR --out DIR [--commit TEXT]
// DIR of --packages holds node_modules and a link `src` to the sources. Into --out go
//   site/            the files as they are served, and manifest.json (for the development server)
//   assets.bin       every file, plain and gzip'd, end to end
//   assets_table.cpp the table that web/assets.cpp declares, with assets.bin by .incbin
// File names carry a content hash, so they are served as immutable; only index.html is not. The
// build fails when the whole exceeds the size budget.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

const kBudget = 150 * 1024; // gzip'd bytes of everything a browser may load

const options = parseArguments(process.argv.slice(2));
const packages = resolve(options.packages);
const out = resolve(options.out);
const require = createRequire(join(packages, 'package.json'));
const esbuild = require('esbuild');

const result = await esbuild.build({
  absWorkingDir: packages,
  entryPoints: { app: 'src/main.tsx' },
  preserveSymlinks: true, // `src` is a link; packages are looked up beside it, not beside its target
  bundle: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify: true,
  legalComments: 'none',
  entryNames: 'assets/[name].[hash]',
  assetNames: 'assets/[name].[hash]',
  loader: { '.svg': 'file' },
  outdir: join(out, 'site'),
  publicPath: '/',
  write: false,
  metafile: true,
  logLevel: 'warning',
});

const files = result.outputFiles.map((file) => ({
  path: '/' + file.path.slice(join(out, 'site').length + 1),
  bytes: Buffer.from(file.contents),
  immutable: true,
}));
const named = (extension) => files.find((file) => file.path.endsWith(extension)).path;

const icon = hashed('icon.svg', readFileSync(join(packages, 'src', 'icon.svg')));
files.push(icon);
const index = readFileSync(join(packages, 'src', 'index.html'), 'utf8')
  .replace('@script@', named('.js'))
  .replace('@style@', named('.css'))
  .replace('@icon@', icon.path);
files.push({ path: '/index.html', bytes: Buffer.from(index), immutable: false });
files.push({ path: '/licenses.txt', bytes: Buffer.from(licenses()), immutable: false });
files.sort((a, b) => (a.path < b.path ? -1 : 1));

for (const file of files) {
  file.type = contentType(file.path);
  file.etag = digest(file.bytes);
  file.gzip = gzipSync(file.bytes, { level: 9 });
}
checkBudget();
writeSite();
writeEmbedded();

function parseArguments(list) {
  const values = {};
  for (let i = 0; i < list.length; i += 2) values[list[i].replace(/^--/, '')] = list[i + 1];
  if (!values.packages || !values.out) throw new Error('usage: build.mjs --packages DIR --out DIR');
  return values;
}

function digest(bytes) {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

function hashed(name, bytes) {
  const stem = basename(name, extname(name));
  return { path: `/assets/${stem}.${digest(bytes).slice(0, 8)}${extname(name)}`, bytes, immutable: true };
}

function contentType(path) {
  const types = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.svg': 'image/svg+xml',
    '.txt': 'text/plain; charset=utf-8',
  };
  const type = types[extname(path)];
  if (!type) throw new Error(`no content type for ${path}`);
  return type;
}

// The licence texts of every package that is in the bundle.
function licenses() {
  const names = new Set();
  for (const input of Object.keys(result.metafile.inputs)) {
    const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match) names.add(match[1]);
  }
  return [...names]
    .sort()
    .map((name) => {
      const folder = join(packages, 'node_modules', name);
      const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}`;
      return `${name} ${version}\n\n${text}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function checkBudget() {
  const total = files
    .filter((file) => file.path !== '/licenses.txt')
    .reduce((sum, file) => sum + file.gzip.length, 0);
  const kilobytes = (total / 1024).toFixed(1);
  console.log(`Dashboard: ${files.length} files, ${kilobytes} KB gzip of ${kBudget / 1024}`);
  if (total > kBudget) {
    console.error(`Dashboard: ${kilobytes} KB gzip is over the budget of ${kBudget / 1024} KB`);
    process.exit(1);
  }
}

function writeSite() {
  const site = join(out, 'site');
  if (existsSync(site)) rmSync(site, { recursive: true });
  for (const file of files) {
    const target = join(site, file.path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, file.bytes);
  }
  const manifest = files.map(({ path, type, etag, immutable }) => ({ path, type, etag, immutable }));
  writeFileSync(join(site, 'manifest.json'), JSON.stringify(manifest, null, 2) + '\n');
}

function writeEmbedded() {
  const parts = [];
  let offset = 0;
  const append = (bytes) => {
    const at = offset;
    parts.push(bytes);
    offset += bytes.length;
    return `blob(${at}, ${bytes.length})`;
  };
  const rows = files.map((file) => {
    const plain = append(file.bytes);
    const gzip = file.gzip.length < file.bytes.length ? append(file.gzip) : '{}';
    const etag = JSON.stringify(`"${file.etag}"`);
    return `    {${JSON.stringify(file.path)}, ${JSON.stringify(file.type)}, ${etag}, ${plain}, ${gzip}, ${file.immutable}},`;
  });
  const blob = join(out, 'assets.bin');
  writeFileSync(blob, Buffer.concat(parts));
  writeFileSync(
    join(out, 'assets_table.cpp'),
    `// Generated by web/build.mjs: the files of the dashboard.

#include "web/assets.h"

#include <cstddef>

asm(R"(
    .section .rodata
    .global heddle_web_blob
    .hidden heddle_web_blob
    .balign 16
heddle_web_blob:
    .incbin ${JSON.stringify(blob)}
    .byte 0
    .text
)");
extern "C" const std::uint8_t heddle_web_blob[];

namespace heddle::web {
namespace {

std::span<const std::uint8_t> blob(std::size_t offset, std::size_t size) {
    return {heddle_web_blob + offset, size};
}

const Asset kAssets[] = {
${rows.join('\n')}
};

}  // namespace

std::span<const Asset> web_assets() { return kAssets; }

}  // namespace heddle::web
`,
  );
}
