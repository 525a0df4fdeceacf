import { expect, test } from 'vitest';
import { loginShell, shellEnvironment } from './environment.ts';

const uma = { name: 'uma', uid: 1001, gid: 1001, home: '/home/uma', shell: '/usr/bin/bash' };

test('B4 the environment is this list and nothing else', () => {
  expect(shellEnvironment(uma, 'ses_1', { term: 'xterm', lang: 'ko_KR.UTF-8' }, undefined)).toEqual({
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: '/home/uma',
    USER: 'uma',
    LOGNAME: 'uma',
    SHELL: '/usr/bin/bash',
    LANG: 'ko_KR.UTF-8',
    TERM: 'xterm',
    SALLYPORT_SESSION: 'ses_1',
  });
});

test('C2 what a client says about its terminal and language is taken only when it looks like one', () => {
  for (const hostile of ['', '../../etc/passwd', 'xterm\nLD_PRELOAD=/x', 'a'.repeat(200), '-x', '() { :; }']) {
    const environment = shellEnvironment(uma, 's', { term: hostile, lang: hostile }, hostile);
    expect(environment).toMatchObject({ TERM: 'xterm-256color', LANG: 'C.UTF-8' });
    expect(environment).not.toHaveProperty('TZ');
  }
  expect(shellEnvironment(uma, 's', { term: 'no-such-terminal', lang: 'C' }, 'Asia/Seoul')).toMatchObject({
    TERM: 'xterm-256color',
    TZ: 'Asia/Seoul',
  });
});

test('a known shell starts as a login shell, a foreign program as it is', () => {
  expect(loginShell(uma)).toEqual(['/usr/bin/bash', '-l']);
  expect(loginShell({ ...uma, shell: '/usr/sbin/nologin' })).toEqual(['/usr/sbin/nologin']);
});
