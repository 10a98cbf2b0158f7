import { createTransport } from 'nodemailer';

/** Hands mail to an SMTP server. */

export type Mail = {
  /** The outbound row's id: the same row always gives the same Message-ID, so that a mail doubled by a crash shows as one. */
  id: string;
  to: { name: string; address: string };
  subject: string;
  text: string;
};

/**
 * What became of it. `refused`: the server will not take this mail for this receiver (`permanent`: it says never);
 * `unreachable`: no server, no sign-in, or it takes no mail at all now, which says nothing about this one.
 */
export type MailOutcome =
  | { kind: 'accepted' }
  | { kind: 'refused'; permanent: boolean; cause: string }
  | { kind: 'unreachable'; cause: string };

export type MailGateway = {
  /** Never throws for what the server does, and never waits beyond the time-outs. */
  send: (mail: Mail) => Promise<MailOutcome>;
  close: () => void;
};

/** Commands whose refusal is about one mail or its receiver; refusing any other refuses us. */
const ABOUT_THE_MAIL = ['RCPT TO', 'DATA'];
/** "Service not available": not about the mail, whatever it answers. */
const CLOSING = 421;

/** `smtpUrl` is `smtp://` or `smtps://`; `from` is a mailbox such as `Fairlead <fairlead@example.org>`. */
export const createMailGateway = (options: {
  smtpUrl: string;
  from: string;
  timeoutMs?: number;
}): MailGateway => {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const transport = createTransport({
    url: options.smtpUrl,
    pool: true,
    maxConnections: 2,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([^>\s]+)>?\s*$/.exec(options.from)?.[1] ?? 'localhost';
  return {
    send: async (mail) => {
      try {
        await transport.sendMail({
          from: options.from,
          to: { name: mail.to.name, address: mail.to.address },
          subject: mail.subject,
          text: mail.text,
          messageId: `<${mail.id}@${domain}>`,
          // Tells holiday responders and list servers that nobody reads an answer (RFC 3834).
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
        return { kind: 'accepted' };
      } catch (cause) {
        return outcomeOf(cause, mail.to.address);
      }
    },
    close: () => transport.close(),
  };
};

const outcomeOf = (cause: unknown, address: string): MailOutcome => {
  if (!(cause instanceof Error)) return { kind: 'unreachable', cause: 'unknown' };
  const code = 'responseCode' in cause && typeof cause.responseCode === 'number' ? cause.responseCode : null;
  const command = 'command' in cause && typeof cause.command === 'string' ? cause.command : '';
  const kind = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  // Servers like to repeat the address; causes are shown to operations and end in logs.
  const words = cause.message.replaceAll(address, '<address>').replaceAll(/\s+/g, ' ').slice(0, 300);
  // No answer code: the address itself was found unusable, before anything was sent.
  if (kind === 'EENVELOPE' && code === null) return { kind: 'refused', permanent: true, cause: words };
  if (code !== null && code !== CLOSING && ABOUT_THE_MAIL.includes(command)) {
    return { kind: 'refused', permanent: code >= 500, cause: words };
  }
  return { kind: 'unreachable', cause: words };
};
