// A certified OpenID provider on 127.0.0.1: access tokens for a system, ID tokens for whoever signs in to a page.
// A line on stdin makes it sign by a new key; it ends with stdin.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Provider } from 'oidc-provider';

const KINDS = { RS256: ['rsa', { modulusLength: 2048 }], ES256: ['ec', { namedCurve: 'P-256' }] };
const RESOURCES = { 'https://samverkan.example': 'api://samverkan', 'https://other.example': 'https://other.example' };
// How it signs; whether an address is in the ID token itself; and where people are led back to.
const [algorithm, addressIn = '', ...redirects] = process.argv.slice(2);
let keys = 0;

function newKey() {
  keys += 1;
  const { privateKey } = generateKeyPairSync(...KINDS[algorithm]);
  return { ...privateKey.export({ format: 'jwk' }), kid: `key-${keys}`, use: 'sig', alg: algorithm };
}

function provider(issuer) {
  return new Provider(issuer, {
    jwks: { keys: [newKey()] },
    scopes: ['samverkan:report', 'other'],
    clientDefaults: { id_token_signed_response_alg: algorithm },
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: addressIn !== 'id-token',
    // Everybody has an account by their name; an address is confirmed unless the name says otherwise.
    findAccount: (_, name) => ({
      accountId: name,
      claims: () => ({
        sub: name,
        ...(name.startsWith('nobody') ? {} : { email: name, email_verified: !name.startsWith('unconfirmed') }),
      }),
    }),
    clients: [
      {
        client_id: 'samverkan',
        client_secret: "a secret of people's sign-in",
        redirect_uris: redirects.length ? redirects : ['https://nowhere.example/'],
      },
      {
        client_id: 'streets',
        client_secret: 'a secret of the tests',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: 'client_secret_post',
      },
      {
        client_id: 'page',
        grant_types: ['implicit'],
        redirect_uris: ['https://page.example/signed-in'],
        response_types: ['id_token'],
        token_endpoint_auth_method: 'none',
      },
    ],
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          scope: 'samverkan:report other',
          audience: RESOURCES[resource],
          accessTokenTTL: 300,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: algorithm } },
        }),
      },
    },
  }).callback();
}

let answer;
const server = createServer((request, response) => answer(request, response));
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  answer = provider(issuer);
  console.log(issuer);
  createInterface({ input: process.stdin })
    .on('line', () => {
      answer = provider(issuer);
      console.log(issuer);
    })
    .on('close', () => process.exit());
});
