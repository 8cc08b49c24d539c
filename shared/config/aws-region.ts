/** Mumbai: close to NSE, and the venue of the crypto feed answers addresses there, which it does not in the United States. */
export const DEFAULT_AWS_REGION = 'ap-south-1';
