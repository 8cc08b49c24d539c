import { describe, expect, it } from 'vitest';
import { pinnedBase } from '../../../infra/deploy/base-image.ts';
import { checkLines, isHealthy } from '../../../infra/deploy/check.ts';
import { type DoctorPorts, examine } from '../../../infra/deploy/doctor.ts';
import { readDeployment } from '../../../shared/config/deployment.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const account = {
  identity: async () => ({ account: '123456789012', arn: 'arn:aws:iam::123456789012:user/trader' }),
  bootstrapVersion: async () => 27 as number | null,
  quota: async (service: string, _code: string): Promise<number | null> => (service === 'lambda' ? 1_000 : 6),
};

/** A machine and an account on which nothing stands in the way, but for what a test changes. */
function machine(changes: Partial<DoctorPorts> = {}, config: unknown = WATCHED, asked: Partial<typeof account> = {}): DoctorPorts {
  return {
    config: () => ({ deployment: readDeployment(config), from: 'a test' }),
    env: {},
    node: '24.21.0',
    pinned: { cdk: '2.1148.1', node: '24.21.0' },
    ask: async () => ({ code: 0, output: '2.1148.1 (build fcf5e34)\n' }),
    account: () => ({ ...account, ...asked }),
    reachBinance: async () => ({ answers: true, why: 'wss://venue' }),
    base: () => ({ registry: 'registry', repository: 'library/node', tag: '24-slim', digest: DIGEST }),
    registry: async () => ({ architectures: ['amd64', 'arm64'], tagDigest: DIGEST }),
    ...changes,
  };
}

const WATCHED = { alarmEmail: 'trader@example.org', budget: { email: 'trader@example.org' } };
const denied = async (): Promise<never> => {
  throw new Error('AccessDeniedException: not you\n  at somewhere');
};

describe('the doctor', () => {
  it('finds nothing where nothing stands in the way, and says what a deployment goes on with', async () => {
    const { checks, ...found } = await examine(machine());
    expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(found).toMatchObject({ account: '123456789012', isBootstrapped: true, deployment: { region: 'ap-south-1' } });
    expect(checks.map(({ name }) => name)).toEqual([
      'node',
      'cdk',
      'configuration',
      'region',
      'credentials',
      'bootstrap',
      'lambda quota',
      'fargate quota',
      'binance',
      'container engine',
      'base image',
      'alarms',
    ]);
  });

  it('does not pretend to know from here what the venue answers there', async () => {
    const { checks } = await examine(machine());
    expect(checks.find(({ name }) => name === 'binance')?.says).toMatch(/answers from here .* in ap-south-1 is known only when the feed runs there/);
  });

  it.each<readonly [string, DoctorPorts, string, 'warn' | 'fail', RegExp]>([
    [
      'another CDK',
      machine({ ask: async () => ({ code: 0, output: '3.0.0 (build x)' }) }),
      'cdk',
      'fail',
      /3\.0\.0 is first on the path; pinned is 2\.1148\.1/,
    ],
    ['no CDK', machine({ ask: async () => ({ code: null, output: 'spawn cdk ENOENT' }) }), 'cdk', 'fail', /does not answer: spawn cdk ENOENT/],
    ['an old Node', machine({ node: '20.20.2' }), 'node', 'fail', /20\.20\.2; needed is 24/],
    ['another Node 24', machine({ node: '24.1.0' }), 'node', 'warn', /tested with 24\.21\.0/],
    [
      'the root user',
      machine({}, WATCHED, { identity: async () => ({ account: '1', arn: 'arn:aws:iam::1:root' }) }),
      'credentials',
      'warn',
      /root user/,
    ],
    ['no credentials', machine({}, WATCHED, { identity: denied }), 'credentials', 'fail', /^AccessDeniedException: not you$/],
    ['no bootstrap', machine({}, WATCHED, { bootstrapVersion: async () => null }), 'bootstrap', 'warn', /has not been bootstrapped/],
    ['an old bootstrap', machine({}, WATCHED, { bootstrapVersion: async () => 6 }), 'bootstrap', 'warn', /is at version 6, needed is 8/],
    ['a bootstrap that may not be read', machine({}, WATCHED, { bootstrapVersion: denied }), 'bootstrap', 'fail', /cannot be asked/],
    [
      'a new account',
      machine({}, WATCHED, { quota: async (service) => (service === 'lambda' ? 10 : 6) }),
      'lambda quota',
      'warn',
      /10 functions at once/,
    ],
    ['too few functions', machine({}, WATCHED, { quota: async () => 1 }), 'lambda quota', 'fail', /needed are 5/],
    ['no tasks', machine({}, WATCHED, { quota: async () => 0 }), 'fargate quota', 'fail', /0 vCPU on demand; an update needs 0\.5/],
    ['quotas that may not be read', machine({}, WATCHED, { quota: denied }), 'fargate quota', 'warn', /cannot be asked/],
    [
      'no answer of the venue',
      machine({ reachBinance: async () => ({ answers: false, why: '451' }) }),
      'binance',
      'warn',
      /does not answer from here: 451/,
    ],
    ['another region in the environment', machine({ env: { AWS_REGION: 'us-east-1' } }), 'region', 'warn', /although AWS_REGION says us-east-1/],
    [
      'a base that is gone',
      machine({ registry: async () => ({ architectures: null, tagDigest: 'sha256:b' }) }),
      'base image',
      'fail',
      /no library\/node:24-slim with the pinned digest/,
    ],
    [
      'a base without ARM',
      machine({ registry: async () => ({ architectures: ['amd64'], tagDigest: DIGEST }) }),
      'base image',
      'fail',
      /without arm64/,
    ],
    [
      'a base that was built anew',
      machine({ registry: async () => ({ architectures: ['arm64'], tagDigest: 'sha256:b' }) }),
      'base image',
      'warn',
      /built anew/,
    ],
    ['a registry that is silent', machine({ registry: denied }), 'base image', 'warn', /cannot be asked/],
    ['nobody to tell', machine({}, {}), 'alarms', 'warn', /alarmEmail and budget\.email not set/],
    ['nobody to tell of alarms', machine({}, { budget: { email: 'trader@example.org' } }), 'alarms', 'warn', /: alarmEmail not set/],
  ])('says so of %s, with what to do', async (_, ports, name, status, says) => {
    const { checks } = await examine(ports);
    const found = checks.find((check) => check.name === name);
    expect(found).toMatchObject({ status, says: expect.stringMatching(says) });
    expect(found?.advice).toBeTruthy();
    expect(isHealthy(checks)).toBe(!checks.some((check) => check.status === 'fail'));
    expect(checkLines(checks).join('\n')).toContain(`-> ${found?.advice}`);
  });

  it('asks for the quota of the capacity that is configured', async () => {
    const codes: string[] = [];
    const quota = async (_: string, code: string): Promise<number> => {
      codes.push(code);
      return 100;
    };
    await examine(machine({}, { feed: { capacity: 'spot' } }, { quota }));
    await examine(machine({}, {}, { quota }));
    expect(codes).toEqual(['L-B99A9384', 'L-36FBB829', 'L-B99A9384', 'L-3032A538']);
  });

  it('asks for a container engine only where one is to build', async () => {
    const asked: string[] = [];
    const ask = async (command: string) => {
      asked.push(command);
      return command === 'cdk' ? { code: 0, output: '2.1148.1' } : { code: 1, output: 'Cannot connect to the Docker daemon' };
    };
    expect(isHealthy((await examine(machine({ ask }))).checks)).toBe(true);
    expect(asked).toEqual(['cdk']);
    expect((await examine(machine({ ask }, { feed: { image: 'docker' } }))).checks.find(({ name }) => name === 'container engine')).toMatchObject({
      status: 'fail',
      says: 'docker does not answer: Cannot connect to the Docker daemon',
    });
  });

  it('stops at a configuration that cannot be read: nobody is asked about a region that is not known', async () => {
    const { checks, deployment, account: found } = await examine(machine({}, { region: 'us-east-1' }));
    expect(checks.map(({ name, status }) => [name, status])).toEqual([
      ['node', 'ok'],
      ['cdk', 'ok'],
      ['configuration', 'fail'],
    ]);
    expect([deployment, found]).toEqual([null, null]);
  });
});

describe('the base of the image', () => {
  it('is pinned by a digest, or not read at all', () => {
    expect(pinnedBase()).toMatchObject({ registry: 'public.ecr.aws', repository: 'docker/library/node', tag: '24.21.0-bookworm-slim' });
    expect(() => pinnedBase('FROM public.ecr.aws/docker/library/node:24-slim\n')).toThrow(/without a digest/);
  });
});
