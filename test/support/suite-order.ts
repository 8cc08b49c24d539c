import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** These start programs and servers, or load modules anew: each has a process of its own. */
export const APART: readonly string[] = [
  'test/{api,contract}/**/*.test.ts',
  'test/simulation/{kill,order-soak}.test.ts',
  'test/infra/deployed.test.ts',
  'test/unit/engine/commission-in-bnb.test.ts',
  'test/unit/market/calendar.test.ts',
];

/** These leave no trace in their process: one takes it over from the other, with the modules that it has loaded. */
export const TOGETHER: readonly string[] = ['test/{unit,property,simulation,infra,data,house}/**/*.test.ts'];

/** Files that take longest, the longest wait first: one that began last would be waited for alone. */
export const LONGEST: readonly string[] = [
  'api/rolling-update',
  'infra/deployed',
  'simulation/order-soak',
  'api/told-trader',
  'simulation/kill',
  'api/live-start',
  'api/followed-fill',
  'simulation/crash-points',
  'simulation/simulate',
  'simulation/whole-loop',
  'simulation/explained-fills',
  'simulation/table-budget',
];

/** Where a file stands among the longest; behind all of them when it is none. */
function rank({ moduleId }: TestSpecification): number {
  const index = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return index < 0 ? LONGEST.length : index;
}

/** The order of vitest, but the longest files come first within their project. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const projects = [...new Set(files.map(({ project }) => project.name))].sort();
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => projects.indexOf(a.project.name) - projects.indexOf(b.project.name) || rank(a) - rank(b));
  }
}
