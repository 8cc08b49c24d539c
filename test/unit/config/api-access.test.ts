import { describe, expect, it } from 'vitest';
import { ApiAccessError, apiAccessOf } from '../../../shared/config/api-access.ts';

describe('who may call the API on AWS', () => {
  it('is by default whoever has a token of the house, from no browser origin', () => {
    expect(apiAccessOf({})).toEqual({ jwt: null, allowedOrigins: [] });
  });

  it('is whoever an issuer vouches for, when issuer and audience are told', () => {
    expect(apiAccessOf({ jwtIssuer: 'https://issuer.example/pool', jwtAudience: ['a', 'b'] }).jwt).toEqual({
      issuer: 'https://issuer.example/pool',
      audience: ['a', 'b'],
    });
  });

  it.each(['https://desk.example', 'https://desk.example:8443', 'http://localhost:5173'])('may be a page of %s', (origin) => {
    expect(apiAccessOf({ allowedOrigins: [origin] }).allowedOrigins).toEqual([origin]);
  });

  it.each([
    '*',
    'https://*',
    'https://*.desk.example',
    'https://desk.example/',
    'https://desk.example/path',
    'https://DESK.example',
    'https://user@desk.example',
    'http://desk.example',
    'http://127.0.0.1.evil.example',
    'ftp://desk.example',
    'null',
    '',
  ])('is never a page of %j', (origin) => {
    expect(() => apiAccessOf({ allowedOrigins: [origin] })).toThrow(ApiAccessError);
  });

  it('is refused in one line when a setting is unknown or half told', () => {
    expect(() => apiAccessOf({ open: true })).toThrow(/open/);
    expect(() => apiAccessOf({ jwtIssuer: 'https://issuer.example' })).toThrow('jwtIssuer and jwtAudience go together: one of them was given');
    expect(() => apiAccessOf({ jwtIssuer: 'https://issuer.example', jwtAudience: [] })).toThrow(ApiAccessError);
  });
});
