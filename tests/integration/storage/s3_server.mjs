// An S3-compatible server on a free port of the loopback interface, until its standard input ends.
//   s3_server.mjs PACKAGES FOLDER BUCKET KEY SECRET
// Prints its port. The server that comes from npm takes any signature of version 4, so they are
// checked here, as AWS describes it and by nothing of libcurl's. With a file "faults" in FOLDER,
// every third request is answered with 503 or not at all, as a busy S3 does.

import { createHash, createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const [packages, folder, bucket, key, secret] = process.argv.slice(2);
const require = createRequire(join(packages, 'package.json'));
const S3rver = require('s3rver');
const Account = require('s3rver/lib/models/account');

Account.DUMMY_ACCOUNT.createKeyPair(key, secret);
Account.DUMMY_ACCOUNT.revokeAccessKey('S3RVER');

const server = new S3rver({
  address: '127.0.0.1',
  port: 0,
  silent: true,
  directory: join(folder, 'data'),
  serviceEndpoint: 'localhost',
  configureBuckets: [{ name: bucket }],
});

const hmac = (with_key, text) => createHmac('sha256', with_key).update(text).digest();
const encode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function canonicalQuery(query) {
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const [name, ...value] = part.split('=');
      return `${encode(decodeURIComponent(name))}=${encode(decodeURIComponent(value.join('=')))}`;
    })
    .sort()
    .join('&');
}

// The signature that a request should have.
function signatureOf(request, scope, signedHeaders) {
  const [path, query = ''] = request.url.split('?');
  const canonical = [
    request.method,
    path.split('/').map((part) => encode(decodeURIComponent(part))).join('/'),
    canonicalQuery(query),
    ...signedHeaders.map((name) => `${name}:${request.headers[name].trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    request.headers['x-amz-content-sha256'],
  ].join('\n');
  const [date, region, service, end] = scope;
  const text = [
    'AWS4-HMAC-SHA256',
    request.headers['x-amz-date'],
    scope.join('/'),
    createHash('sha256').update(canonical).digest('hex'),
  ].join('\n');
  const signingKey = [date, region, service, end].reduce(hmac, `AWS4${secret}`);
  return hmac(signingKey, text).toString('hex');
}

function isSigned(request) {
  const given = /Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/.exec(
    request.headers.authorization ?? '',
  );
  if (given === null) {
    return false;
  }
  const [who, ...scope] = given[1].split('/');
  const signed = given[2].split(';');
  const wanted = Object.keys(request.headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  if (who !== key) {
    return true; // the server behind refuses it
  }
  return wanted.every((name) => signed.includes(name)) && signatureOf(request, scope, signed) === given[3];
}

server.middleware.unshift(async (context, next) => {
  if (isSigned(context.req)) {
    return next();
  }
  context.status = 403;
  context.type = 'application/xml';
  context.body = '<Error><Code>SignatureDoesNotMatch</Code><Message>It does not match.</Message></Error>';
  return undefined;
});

let requests = 0;
server.middleware.unshift(async (context, next) => {
  if (!existsSync(join(folder, 'faults')) || ++requests % 3 !== 0) {
    return next();
  }
  if (requests % 2 === 0) {
    context.respond = false;
    context.req.socket.destroy();
    return undefined;
  }
  context.status = 503;
  context.type = 'application/xml';
  context.body = '<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>';
  return undefined;
});

const address = await server.run();
console.log(address.port);
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
