/** Which hosts are ours, and the one way in which each is written. */
import { describe, expect, it } from '@jest/globals';
import { hostJudge, type OwnAddress } from '../../src/server/host.js';

const loopback: OwnAddress = { address: '127.0.0.1', port: 8080 };
const everywhere: OwnAddress = { address: '0.0.0.0', port: 8080 };

const verdict = (hosts: string[], own: OwnAddress, value: string): string => {
  const said = hostJudge(hosts, own)(value);
  return said.kind === 'ours' ? `ours:${said.host}` : said.code;
};

describe('with configured names', () => {
  it.each([
    ['api.example', 'ours:api.example'],
    ['API.Example', 'ours:api.example'],
    ['api.example:80', 'ours:api.example'],
    ['api.example:8080', 'ours:api.example:8080'],
    ['api.example:9999', 'unknown_host'],
    ['api.example.', 'unknown_host'],
    ['evilapi.example', 'unknown_host'],
    ['api.example.evil', 'unknown_host'],
    ['127.0.0.1:8080', 'unknown_host'],
    ['fixed.example:444', 'ours:fixed.example:444'],
    ['fixed.example', 'unknown_host'],
    ['[2001:DB8::1]', 'ours:[2001:db8::1]'],
    ['api.example:080', 'bad_host'],
    ['user@api.example', 'bad_host'],
  ])('case 69: %s is %s', (value, expected) => {
    const hosts = ['api.example', 'fixed.example:444', '[2001:db8::1]'];
    expect(verdict(hosts, everywhere, value)).toBe(expected);
  });
});

describe('with no configured names', () => {
  it('on loopback only our own address and localhost are ours, with our port', () => {
    expect(verdict([], loopback, '127.0.0.1:8080')).toBe('ours:127.0.0.1:8080');
    expect(verdict([], loopback, 'localhost:8080')).toBe('ours:localhost:8080');
    expect(verdict([], loopback, 'localhost')).toBe('unknown_host');
    expect(verdict([], loopback, 'evillocalhost:8080')).toBe('unknown_host');
    expect(verdict([], { address: '::1', port: 80 }, '[::1]')).toBe('ours:[::1]');
  });

  it('elsewhere any well-formed host is taken and none is keyed', () => {
    const judge = hostJudge([], everywhere);
    for (const host of ['a.example', 'b.example:1', 'a.example', '[::1]:5']) {
      expect(judge(host)).toEqual({ kind: 'ours', host: '' });
    }
    for (const host of ['', 'a b', 'x@a.example', 'a/b', '[::g]', 'a:0', 'a:65536', 'a%2e']) {
      expect(judge(host)).toEqual({ kind: 'refused', code: 'bad_host' });
    }
  });
});
