/** Settings of the alerts: who is told when one begins to fire, and when it ends. */
import { duration, group, integer, setting, text, textThat } from '../setting.js';

/** Incoming webhooks carry their secret in the address, so nothing of it is ever shown. */
function isWebhook(value: string): boolean {
  if (!/^https?:\/\//.test(value) || !URL.canParse(value) || /\s/.test(value)) return false;
  const { username, password } = new URL(value);
  return username === '' && password === '';
}

export const alerts = group(
  {
    webhook: group(
      {
        url: setting(
          textThat(
            'an address that begins with http:// or https://, without a user',
            isWebhook,
          ).optional(),
          'Where a notice is sent by POST, as JSON. Without it nobody is told.',
          { secret: true },
        ),
        secret: setting(
          text('16 or more characters without line breaks', /^[^\r\n\0]{16,}$/, 4096).optional(),
          'Signs each notice: `Leyden-Signature: t=<seconds>,v1=<HMAC-SHA256 of "t.body">`.',
          { secret: true },
        ),
        timeout: setting(
          duration('100ms', '1m').prefault('5s'),
          'Longest wait for the answer to a notice.',
        ),
        attempts: setting(
          integer(1, 20).prefault(5),
          'How often a notice is tried; the waits between grow from 1s to 1m.',
        ),
        queueMax: setting(
          integer(1, 10_000).prefault(100),
          'Notices that may wait; one more drops the oldest.',
        ),
      },
      'The webhook.',
    ),
  },
  'The alerts that the gateway raises by itself.',
);
