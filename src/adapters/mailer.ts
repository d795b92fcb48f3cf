import nodemailer from 'nodemailer';

export interface OutgoingMail {
  /** Becomes the Message-ID, by which a receiver drops a repetition. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Hands a mail over to its carrier. Returns only after the carrier has taken it. */
export interface Mailer {
  send(mail: OutgoingMail): Promise<void>;
}

/** SMTP (RFC 5321) by URL, as in smtp://user:password@host:587. */
export function createSmtpMailer(url: string, from: string, host: string): Mailer {
  const transport = nodemailer.createTransport(url);
  return {
    async send({ id, to, subject, text }) {
      await transport.sendMail({ from, to, subject, text, messageId: `<${id}@${host}>` });
    },
  };
}
