import type { Deployment } from '../../shared/config/deployment.ts';
import { messageOf } from '../../shared/kernel/errors.ts';
import type { ReadConfig } from '../config/config-file.ts';
import type { AccountPort } from './account.ts';
import type { PinnedImage, RegistryAnswer } from './base-image.ts';
import { type Check, fail, ok, warn } from './check.ts';
import type { Ended } from './tools.ts';

/** What the doctor looks at, so that it can be looked at from a test too. */
export interface DoctorPorts {
  readonly config: () => ReadConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Version of the Node that runs this. */
  readonly node: string;
  readonly pinned: { readonly cdk: string; readonly node: string };
  readonly ask: (command: string, args: readonly string[]) => Promise<Ended>;
  readonly account: (region: string) => AccountPort;
  readonly reachBinance: () => Promise<{ readonly answers: boolean; readonly why: string }>;
  readonly base: () => PinnedImage;
  readonly registry: (image: PinnedImage) => Promise<RegistryAnswer>;
}

/** The checks, and what they found out that a deployment goes on with. */
export interface Examination {
  readonly checks: readonly Check[];
  readonly deployment: Deployment | null;
  readonly account: string | null;
  /** Null when it could not be asked. */
  readonly isBootstrapped: boolean | null;
}

/** What the templates of this CDK ask of the bootstrap. */
const LEAST_BOOTSTRAP = 8;
/** Two tasks of a quarter of a virtual CPU run during an update. */
const LEAST_VCPU = 0.5;
/** New accounts have ten: enough for one trader, but a burst of the API can then hold up a scan. */
const COMFORTABLE_LAMBDAS = 50;
const LEAST_LAMBDAS = 5;

/** Looks at everything that a deployment needs before anything is changed. Nothing here changes anything. */
export async function examine(ports: DoctorPorts): Promise<Examination> {
  const config = readConfig(ports);
  const here = [nodeCheck(ports), await cdkCheck(ports), config.check];
  const { deployment } = config;
  // Without a readable configuration nobody knows which region and which tools it is about.
  if (deployment === null) return { checks: here, deployment, account: null, isBootstrapped: null };
  const [account, reach, engine, base] = await Promise.all([
    accountChecks(ports.account(deployment.region), deployment),
    binanceCheck(ports, deployment),
    engineCheck(ports, deployment),
    baseCheck(ports),
  ]);
  const checks = [...here, regionCheck(ports, deployment), ...account.checks, reach, engine, base, alarmCheck(deployment)];
  return { checks, deployment, account: account.account, isBootstrapped: account.isBootstrapped };
}

function readConfig({ config }: DoctorPorts): { readonly check: Check; readonly deployment: Deployment | null } {
  try {
    const { deployment, from } = config();
    return { check: ok('configuration', from), deployment };
  } catch (error) {
    return { check: fail('configuration', messageOf(error), 'nightdesk.config.example.json has every field with its default'), deployment: null };
  }
}

function nodeCheck({ node, pinned }: DoctorPorts): Check {
  const major = (version: string): string => version.split('.')[0] ?? '';
  if (node === pinned.node) return ok('node', node);
  if (major(node) === major(pinned.node)) return warn('node', `${node}; tested with ${pinned.node}`, 'npm ci, and start this by npm run');
  return fail('node', `${node}; needed is ${major(pinned.node)}`, 'npm ci, and start this by npm run: the project brings its own Node');
}

async function cdkCheck({ ask, pinned }: DoctorPorts): Promise<Check> {
  const { code, output } = await ask('cdk', ['--version']);
  const version = /^(\d+\.\d+\.\d+)/.exec(output.trim())?.[1];
  if (code !== 0 || version === undefined)
    return fail('cdk', `the CDK command does not answer: ${firstLine(output)}`, 'npm ci, and start this by npm run');
  if (version === pinned.cdk) return ok('cdk', version);
  return fail(
    'cdk',
    `${version} is first on the path; pinned is ${pinned.cdk}`,
    'npm ci, and start this by npm run, so that the one in node_modules is first',
  );
}

function regionCheck({ env }: DoctorPorts, { region }: Deployment): Check {
  const set = env.AWS_REGION || env.AWS_DEFAULT_REGION;
  if (set !== undefined && set !== '' && set !== region)
    return warn('region', `${region}, although AWS_REGION says ${set}`, 'the configuration decides; set "region" there if the other was meant');
  return ok('region', region);
}

interface AccountFindings {
  readonly checks: readonly Check[];
  readonly account: string | null;
  readonly isBootstrapped: boolean | null;
}

const SIGN_IN = 'sign in (aws configure sso, aws sso login), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';

async function accountChecks(port: AccountPort, deployment: Deployment): Promise<AccountFindings> {
  let account: string;
  let who: Check;
  try {
    const { arn, ...identity } = await port.identity();
    account = identity.account;
    who = arn.endsWith(':root')
      ? warn('credentials', `${arn}, the root user`, 'sign in as somebody else: the root user can undo every safeguard of the account')
      : ok('credentials', arn);
  } catch (error) {
    const notAsked = ['bootstrap', 'lambda quota', 'fargate quota'].map((name) =>
      fail(name, 'not asked: without credentials nobody answers', 'credentials first'),
    );
    return { checks: [fail('credentials', firstLine(messageOf(error)), SIGN_IN), ...notAsked], account: null, isBootstrapped: null };
  }
  const [bootstrap, lambdas, cpus] = await Promise.all([
    bootstrapCheck(port, account, deployment),
    lambdaCheck(port),
    fargateCheck(port, deployment),
  ]);
  return { checks: [who, bootstrap.check, lambdas, cpus], account, isBootstrapped: bootstrap.isDone };
}

async function bootstrapCheck(
  { bootstrapVersion }: AccountPort,
  account: string,
  { region }: Deployment,
): Promise<{ readonly check: Check; readonly isDone: boolean | null }> {
  const place = `aws://${account}/${region}`;
  try {
    const version = await bootstrapVersion();
    if (version === null) return { check: warn('bootstrap', `${place} has not been bootstrapped`, 'npm run deploy does it'), isDone: false };
    if (!(version >= LEAST_BOOTSTRAP))
      return {
        check: warn('bootstrap', `${place} is at version ${version}, needed is ${LEAST_BOOTSTRAP}`, 'npm run deploy renews it'),
        isDone: false,
      };
    return { check: ok('bootstrap', `${place}, version ${version}`), isDone: true };
  } catch (error) {
    const says = `cannot be asked: ${firstLine(messageOf(error))}`;
    return {
      check: fail('bootstrap', says, 'these credentials need ssm:GetParameter on /cdk-bootstrap/*, and whatever else a deployment needs'),
      isDone: null,
    };
  }
}

const RAISE = 'ask for more in the console under Service Quotas; it is free and takes from minutes to days';

async function lambdaCheck(port: AccountPort): Promise<Check> {
  return quotaCheck(
    'lambda quota',
    () => port.quota('lambda', 'L-B99A9384'),
    (most) => {
      if (most < LEAST_LAMBDAS) return fail('lambda quota', `${most} functions at once; needed are ${LEAST_LAMBDAS}`, RAISE);
      if (most < COMFORTABLE_LAMBDAS)
        return warn('lambda quota', `${most} functions at once, as new accounts have: enough, but a burst of API calls can hold up a scan`, RAISE);
      return ok('lambda quota', `${most} functions at once`);
    },
  );
}

async function fargateCheck(port: AccountPort, { feed }: Deployment): Promise<Check> {
  const [code, kind] = feed.capacity === 'spot' ? ['L-36FBB829', 'Spot'] : ['L-3032A538', 'on demand'];
  return quotaCheck(
    'fargate quota',
    () => port.quota('fargate', code),
    (most) =>
      most < LEAST_VCPU
        ? fail('fargate quota', `${most} vCPU ${kind}; an update needs ${LEAST_VCPU}, two tasks for a moment`, RAISE)
        : ok('fargate quota', `${most} vCPU ${kind}; no elastic IP, no load balancer, no NAT gateway is used`),
  );
}

async function quotaCheck(name: string, ask: () => Promise<number | null>, judge: (most: number) => Check): Promise<Check> {
  try {
    const most = await ask();
    return most === null ? warn(name, 'is not told', RAISE) : judge(most);
  } catch (error) {
    return warn(
      name,
      `cannot be asked: ${firstLine(messageOf(error))}`,
      'these credentials may lack servicequotas:GetServiceQuota; look in the console',
    );
  }
}

async function binanceCheck({ reachBinance }: DoctorPorts, { region, markets }: Deployment): Promise<Check> {
  if (!markets.includes('CRYPTO')) return ok('binance', 'not needed: crypto is not among the markets');
  const later = `whether it answers in ${region} is known only when the feed runs there: GET status shows it under feeds`;
  const { answers, why } = await reachBinance();
  if (answers) return ok('binance', `answers from here (${why}); ${later}`);
  return warn(
    'binance',
    `does not answer from here: ${why}; ${later}`,
    'nothing, where this machine has no network or is in the United States: the feed says at its start whether it gets prices',
  );
}

async function engineCheck({ ask }: DoctorPorts, { feed }: Deployment): Promise<Check> {
  if (feed.image === 'codebuild') return ok('container engine', 'none needed: CodeBuild builds the image in the account (feed.image)');
  const { code, output } = await ask('docker', ['info', '--format', '{{.OSType}}/{{.Architecture}}']);
  if (code === 0) return ok('container engine', firstLine(output));
  return fail('container engine', `docker does not answer: ${firstLine(output)}`, 'start it, or leave feed.image at "codebuild"');
}

async function baseCheck({ base, registry }: DoctorPorts): Promise<Check> {
  try {
    const image = base();
    const named = `${image.repository}:${image.tag}`;
    const { architectures, tagDigest } = await registry(image);
    if (architectures === null)
      return fail(
        'base image',
        `the registry has no ${named} with the pinned digest`,
        `pin ${tagDigest ?? 'another'} in infra/aws/feed-image/Dockerfile`,
      );
    if (!architectures.includes('arm64'))
      return fail('base image', `${named} is pinned to an image without arm64`, 'pin the index of all architectures');
    if (tagDigest !== null && tagDigest !== image.digest)
      return warn(
        'base image',
        `${named} has been built anew since it was pinned`,
        `pin ${tagDigest} in infra/aws/feed-image/Dockerfile, for the fixes of its system`,
      );
    return ok('base image', `${named}, pinned, with arm64`);
  } catch (error) {
    return warn('base image', `the registry cannot be asked: ${firstLine(messageOf(error))}`, 'nothing: the build asks it again');
  }
}

/** The bill is told to its own address, else where alarms go. */
function alarmCheck({ alarmEmail, budget }: Deployment): Check {
  const bill = budget.email ?? alarmEmail;
  const missing = [...(alarmEmail === null ? ['alarmEmail'] : []), ...(bill === null ? ['budget.email'] : [])];
  if (missing.length === 0) return ok('alarms', `${alarmEmail}; a bill of $${budget.monthlyUsd} a month to ${bill}`);
  return warn('alarms', `nobody is told by e-mail: ${missing.join(' and ')} not set`, 'set them in nightdesk.config.json');
}

const firstLine = (text: string): string => text.trim().split('\n')[0] || 'no answer';
