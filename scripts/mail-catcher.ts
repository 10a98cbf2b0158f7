import { createServer } from 'node:http';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/**
 * The mailbox of a development installation: takes every mail handed to it, keeps each as an `.eml` file, and shows them
 * on a page of its own. Nothing leaves the machine.
 */

export type MailCatcher = {
  smtpUrl: string;
  pageAddress: string;
  stop: () => Promise<void>;
};

const MOST_SHOWN = 200;

export const startMailCatcher = async (input: {
  /** Where mails are kept, one file each; made when missing. */
  folder: string;
  smtpPort: number;
  pagePort: number;
}): Promise<MailCatcher> => {
  mkdirSync(input.folder, { recursive: true });
  let number = readdirSync(input.folder).length;
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    size: 25 * 1024 * 1024,
    onData: (stream, _session, done) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        number += 1;
        const name = `${new Date().toISOString().replaceAll(':', '-')}-${String(number).padStart(6, '0')}.eml`;
        // Renamed when whole, so that a kill leaves no half mail that was acknowledged.
        writeFileSync(join(input.folder, `${name}.part`), Buffer.concat(parts));
        renameSync(join(input.folder, `${name}.part`), join(input.folder, name));
        done();
      });
    },
  });
  await new Promise<void>((settle, fail) => {
    smtp.on('error', fail);
    smtp.listen(input.smtpPort, '127.0.0.1', () => settle());
  });
  const page = createServer((request, response) => {
    const send = (status: number, body: string): void => {
      response.writeHead(status, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
        'x-content-type-options': 'nosniff',
      });
      response.end(body);
    };
    const name = new URL(request.url ?? '/', 'http://localhost').searchParams.get('mail');
    const answer = name === null ? listPage(input.folder) : mailPage(input.folder, name);
    answer.then(
      (body) => (body === undefined ? send(404, frame('no such mail')) : send(200, body)),
      (cause: unknown) => send(500, frame(escape(String(cause)))),
    );
  });
  await new Promise<void>((settle, fail) => {
    page.on('error', fail);
    page.listen(input.pagePort, '127.0.0.1', () => settle());
  });
  return {
    smtpUrl: `smtp://127.0.0.1:${input.smtpPort}`,
    pageAddress: `http://127.0.0.1:${input.pagePort}`,
    stop: async () => {
      page.closeAllConnections();
      await new Promise((settle) => page.close(settle));
      await new Promise<void>((settle) => smtp.close(() => settle()));
    },
  };
};

const mails = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.eml'))
    .toSorted()
    .toReversed();

const listPage = async (folder: string): Promise<string> => {
  const names = mails(folder);
  const rows = await Promise.all(
    names.slice(0, MOST_SHOWN).map(async (name) => {
      const mail = await simpleParser(readFileSync(join(folder, name)), { skipHtmlToText: true });
      const to = Array.isArray(mail.to) ? mail.to.map((one) => one.text).join(', ') : (mail.to?.text ?? '');
      return `<tr><td>${escape(mail.date?.toISOString() ?? '')}</td><td>${escape(to)}</td><td><a href="/?mail=${encodeURIComponent(name)}">${escape(mail.subject ?? '(no subject)')}</a></td></tr>`;
    }),
  );
  return frame(`<h1>${names.length} mails</h1><table>${rows.join('')}</table>`);
};

const mailPage = async (folder: string, name: string): Promise<string | undefined> => {
  // Only a name from the list: the parameter comes from outside and must not walk the disk.
  if (!mails(folder).includes(name)) return undefined;
  const raw = readFileSync(join(folder, name));
  const mail = await simpleParser(raw);
  const headers = raw.toString('utf8').split(/\r?\n\r?\n/)[0] ?? '';
  return frame(
    `<p><a href="/">all mails</a></p><h1>${escape(mail.subject ?? '(no subject)')}</h1>` +
      `<pre>${escape(mail.text ?? '')}</pre><hr><pre>${escape(headers)}</pre>`,
  );
};

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const frame = (body: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Caught mail</title><style>body{font:14px system-ui;margin:24px;max-width:960px}td{padding:4px 12px 4px 0;vertical-align:top}pre{white-space:pre-wrap}</style><body>${body}</body></html>`;
