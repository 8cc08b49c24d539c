/** Where the hashes of the tokens are kept on AWS, and the variable that tells the authorizer. */
export const TOKEN_PARAMETER = '/nightdesk/api-tokens';
export const TOKEN_PARAMETER_VARIABLE = 'NIGHTDESK_TOKEN_PARAMETER';
