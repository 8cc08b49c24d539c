/** Memory of the functions, MiB; processor time comes with it. How it was chosen: docs/decisions/0032. */
export const FUNCTION_MEMORY_MIB = {
  scan: 512,
  monitor: 256,
  session: 256,
  alerts: 512,
  nightly: 512,
  outbox: 256,
  api: 512,
  authorizer: 256,
  // Half a processor: the runtime's native library is 25 MB.
  model: 1024,
  image: 128,
} as const;
