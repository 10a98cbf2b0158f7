import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import { startMailCatcher } from '../../../scripts/mail-catcher.ts';
import { freePort } from '../../../scripts/ports.ts';

test('keeps every mail as a file and shows it, whatever is written in it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-mails-'));
  const catcher = await startMailCatcher({ folder, smtpPort: await freePort(), pagePort: await freePort() });
  try {
    const transport = nodemailer.createTransport(catcher.smtpUrl);
    await transport.sendMail({
      from: 'Channel desk <channel@example.com>',
      to: 'sales@northwind.example',
      subject: 'Registered <script>alert(1)</script>',
      text: 'We answer by Friday. <b>Grüße</b>',
    });
    transport.close();
    const names = readdirSync(folder);
    expect(names).toHaveLength(1);
    expect(readFileSync(join(folder, names[0] ?? ''), 'utf8')).toContain('To: sales@northwind.example');

    const list = await (await fetch(catcher.pageAddress)).text();
    expect(list).toContain('1 mails');
    expect(list).toContain('Registered &lt;script&gt;');
    expect(list).not.toContain('<script>');
    const mail = await (
      await fetch(`${catcher.pageAddress}/?mail=${encodeURIComponent(names[0] ?? '')}`)
    ).text();
    expect(mail).toContain('We answer by Friday. &lt;b&gt;Grüße&lt;/b&gt;');
    const outside = await fetch(
      `${catcher.pageAddress}/?mail=${encodeURIComponent('../../../../etc/passwd')}`,
    );
    expect(outside.status).toBe(404);
  } finally {
    await catcher.stop();
    rmSync(folder, { recursive: true });
  }
});
