import { describe, expect, it } from 'vitest';
import { messageOf, NightdeskError, unreachable } from '../../../shared/kernel/errors.ts';

class LoomError extends NightdeskError<'thread_torn' | 'out_of_yarn'> {}

describe('an error of Nightdesk', () => {
  it('bears the name of its family, a code for programs, a message for people and a context for both', () => {
    const error = new LoomError('thread_torn', 'The thread tore at 3 N, allowed are 5 N', { forceN: 3 });
    expect(error).toBeInstanceOf(NightdeskError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'LoomError',
      code: 'thread_torn',
      message: 'The thread tore at 3 N, allowed are 5 N',
      context: { forceN: 3 },
    });
    expect(String(error)).toBe('LoomError: The thread tore at 3 N, allowed are 5 N');
  });

  it('keeps its cause, and has an empty context where none was given', () => {
    const cause = new Error('socket closed');
    expect(new LoomError('out_of_yarn', 'No yarn', {}, { cause }).cause).toBe(cause);
    expect(new LoomError('out_of_yarn', 'No yarn').context).toEqual({});
  });
});

describe('the message of something thrown', () => {
  it.each([
    [new LoomError('out_of_yarn', 'No yarn'), 'No yarn'],
    ['plain text', 'plain text'],
    [undefined, 'undefined'],
    [404, '404'],
  ])('of %s is %s', (thrown, message) => {
    expect(messageOf(thrown)).toBe(message);
  });
});

describe('a branch that cannot be reached', () => {
  it('says which value reached it', () => {
    expect(() => unreachable({ kind: 'surprise' } as never)).toThrow('Unexpected value {"kind":"surprise"}');
    expect(() => unreachable('x' as never)).toThrow(expect.objectContaining({ code: 'unreachable' }));
  });
});
