import { ROUTES } from './routes.ts';

/** What a page of an allowed origin may send. Cookies are not among it: the API knows none. */
export const CORS = {
  methods: [...new Set(ROUTES.map(({ method }) => method))].sort(),
  headers: ['authorization', 'content-type', 'idempotency-key'],
  maxAgeSeconds: 3_600,
} as const;
