import * as z from 'zod';

const REGISTRY = 'https://registry.npmjs.org/';

const lockedSchema = z.looseObject({
  name: z.string().optional(),
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  license: z.string().optional(),
  link: z.boolean().optional(),
  /** Came inside its parent's archive, which has the hash. */
  inBundle: z.boolean().optional(),
  dev: z.boolean().optional(),
  hasInstallScript: z.boolean().optional(),
});
export type LockedPackage = z.infer<typeof lockedSchema>;

const lockfileSchema = z.looseObject({ lockfileVersion: z.literal(3), packages: z.record(z.string(), lockedSchema) });

const manifestSchema = z.looseObject({
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
  optionalDependencies: z.record(z.string(), z.string()),
  allowScripts: z.record(z.string(), z.boolean()).default({}),
});
export type Manifest = z.infer<typeof manifestSchema>;

export const manifestFrom = (text: string): Manifest => manifestSchema.parse(JSON.parse(text));

/** The packages that a lockfile installs, by their place below the project. */
export function lockedPackages(text: string): ReadonlyMap<string, LockedPackage> {
  const { packages } = lockfileSchema.parse(JSON.parse(text));
  return new Map(Object.entries(packages).filter(([place]) => place !== ''));
}

/**
 * What a lockfile would install that is not a hashed archive of the public registry, a line each.
 * A package without an address comes from the registry that npm is set to, and is known by its hash whichever that is.
 */
export function lockfileFaults(packages: ReadonlyMap<string, LockedPackage>, { allowScripts }: Pick<Manifest, 'allowScripts'>): readonly string[] {
  return [...packages].flatMap(([place, locked]) => {
    const name = nameOf(place, locked);
    return [
      ...(locked.inBundle === true ? bundleFaults(place, locked, packages) : archiveFaults(name, locked)),
      ...(locked.hasInstallScript === true && allowScripts[name] !== true
        ? ['runs a script when it is installed, which allowScripts does not name']
        : []),
    ].map((fault) => `${place}: ${fault}`);
  });
}

const nameOf = (place: string, { name }: LockedPackage): string => name ?? place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);

function archiveFaults(name: string, { resolved, integrity, link }: LockedPackage): readonly string[] {
  if (link === true) return ['is a link to a folder'];
  return [
    ...(resolved === undefined || resolved.startsWith(`${REGISTRY}${name}/-/`) ? [] : [`comes from ${resolved}, not from its place in ${REGISTRY}`]),
    ...(/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '')
      ? []
      : [`has ${integrity === undefined ? 'no hash' : `the hash ${integrity}`}, expected SHA-512`]),
  ];
}

function bundleFaults(place: string, { resolved }: LockedPackage, packages: ReadonlyMap<string, LockedPackage>): readonly string[] {
  const parent = packages.get(place.slice(0, place.lastIndexOf('/node_modules/')));
  return [
    ...(parent === undefined ? ['is said to come inside a package that is not there'] : []),
    ...(resolved === undefined ? [] : [`is said to come inside its parent and from ${resolved}`]),
  ];
}

/** Versions that the manifest leaves open, or asks of another place than the registry. */
export function manifestFaults({ dependencies, devDependencies, optionalDependencies }: Manifest): readonly string[] {
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version))
    .map(([name, version]) => `${name}: ${version} is not one version`);
}
