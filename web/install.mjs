// Installs the packages of a lockfile into the current directory, and says so when it takes long.
// The build runs it only when the lockfile has changed; afterwards no build step needs a network.

import { spawn } from 'node:child_process';

const what = process.argv[2] ?? 'packages';
const started = Date.now();
const seconds = () => Math.round((Date.now() - started) / 1000);

console.log(`${what}: installing npm packages from the lockfile (only when it changes)`);
const ticker = setInterval(() => console.log(`${what}: still installing, ${seconds()} s`), 10_000);

// Scripts are allowed because esbuild's checks that its binary suits this machine; the lockfile's
// integrity hashes decide what may run.
const npm = spawn(
  'npm',
  ['ci', '--ignore-scripts=false', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'],
  { stdio: ['ignore', 'pipe', 'pipe'] },
);
let output = '';
npm.stdout.on('data', (chunk) => (output += chunk));
npm.stderr.on('data', (chunk) => (output += chunk));
npm.on('error', (error) => finish(1, `cannot start npm: ${error.message}`));
npm.on('close', (code) => finish(code ?? 1, output));

function finish(code, text) {
  clearInterval(ticker);
  if (code === 0) {
    console.log(`${what}: installed in ${seconds()} s`);
    process.exit(0);
  }
  console.error(text.trim());
  console.error(
    `${what}: npm ci failed. It needs a package registry once; see 'npm config get registry'. ` +
      'To build without the dashboard, configure with -DUI=OFF.',
  );
  process.exit(1);
}
