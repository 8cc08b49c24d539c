import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, the longest wait first: one that began last would be waited for alone. */
const LONGEST = [
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
