import type { Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { Refusal, type Fault, type RefusalCode, type RefusalDetails } from '../kernel/refusals.js';
import type { Gate } from './gates.js';

/** What every handler may know about its request. */
export interface RequestInfo {
  readonly requestId: string;
  /** The client's network: /24 for IPv4, /48 for IPv6. */
  readonly network: string;
  readonly idempotencyKey: string | undefined;
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  /** Picks the best of the given media types by the Accept header. */
  accepts(types: readonly string[]): string | undefined;
  /** The request as it arrives, for routes that read their own body. */
  readonly stream: IncomingMessage;
}

interface ReplyOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}
/** A JSON answer, checked against the route's response schema in tests. */
interface JsonReply<T> extends ReplyOptions {
  readonly body: T;
}
/** An answer in another media type: a page, a PDF, a text. */
interface MediaReply extends ReplyOptions {
  readonly media: string;
  readonly content: string | Buffer | Readable;
}
export type Reply<T> = JsonReply<T> | MediaReply;

interface RouteSpec<T, P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** OpenAPI form: /runs/{run_id}; {+rest} takes the rest of the path, slashes included. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  /** Who is admitted. */
  readonly auth: Gate<T>;
  /** The policy of the route, asked before any read. */
  readonly may?: (actor: T) => boolean;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Set when the handler reads the request stream itself: the parts of the multipart body, for the document. */
  readonly upload?: z.ZodType;
  /** Set when the handler gets the bytes of the body as they came, in a Buffer: what signs them proves who sent them. */
  readonly raw?: boolean;
  /** Set when a browser form may send the body too, URL-encoded. */
  readonly form?: boolean;
  /** Reads the body as YAML where it is sent as application/yaml. */
  readonly yaml?: (bytes: Uint8Array) => unknown;
  readonly response: R;
  readonly status: number;
  /** Other statuses with the same body: 200 for an object that was there, 202 for accepted work. */
  readonly alsoStatus?: readonly number[];
  /** Media types besides JSON that the route answers in. */
  readonly media?: readonly string[];
  readonly refuses: readonly RefusalCode[];
  /** What every refusal of this route tells besides, whatever the fault: the input as it came, unchecked. */
  readonly tellBesides?: (actor: T, input: Pick<RawInput, 'params' | 'body'>) => Promise<RefusalDetails>;
  handle(input: {
    readonly actor: T;
    readonly params: z.output<P>;
    readonly query: z.output<Q>;
    readonly body: z.output<B>;
    readonly request: RequestInfo;
  }): Promise<Reply<z.input<R>>>;
}

/** What a request brings, still unchecked. */
interface RawInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly request: RequestInfo;
}

/** A route with its types folded away: data for the router and for the OpenAPI document. */
export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly auth: Gate<unknown>;
  readonly upload: z.ZodType | undefined;
  readonly raw: boolean;
  readonly form: boolean;
  readonly yaml: ((bytes: Uint8Array) => unknown) | undefined;
  readonly status: number;
  readonly alsoStatus: readonly number[];
  readonly media: readonly string[];
  readonly refuses: readonly RefusalCode[];
  readonly schemas: {
    readonly params: z.ZodType;
    readonly query: z.ZodType;
    readonly body: z.ZodType;
    readonly response: z.ZodType;
  };
  /** Admission and policy; throws the refusal. Runs before the body is read. */
  admit(actor: Actor | undefined): void;
  run(input: RawInput, actor: Actor | undefined): Promise<Reply<unknown>>;
}

/** No path parameters, or no query. */
export const none = z.strictObject({});
/** No body, or an empty object. */
export const noBody = z.strictObject({}).optional();

/** One definition checks the request, checks the answer and writes the OpenAPI document. */
export function defineRoute<T, P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
  spec: RouteSpec<T, P, Q, B, R>,
): Route {
  const { upload, raw = false, form = false, alsoStatus = [], media = [], params, query, body, response } = spec;
  const admit = (actor: Actor | undefined): T => {
    const admitted = spec.auth.admit(actor);
    if (spec.may && !spec.may(admitted)) throw new Refusal('forbidden', `Your role may not do this: ${spec.summary}.`);
    return admitted;
  };
  return {
    method: spec.method,
    path: spec.path,
    operationId: spec.operationId,
    summary: spec.summary,
    auth: spec.auth,
    upload,
    raw,
    form,
    yaml: spec.yaml,
    status: spec.status,
    alsoStatus,
    media,
    refuses: spec.refuses,
    schemas: { params, query, body, response },
    admit,
    run: async (input, actor) => {
      const admitted = admit(actor);
      try {
        return await spec.handle({
          actor: admitted,
          params: parse(params, input.params, 'not_found', '/path'),
          query: parse(query, input.query, 'invalid_request', '/query'),
          body: parse(body, input.body, 'invalid_request', ''),
          request: input.request,
        });
      } catch (error) {
        if (!spec.tellBesides || !(error instanceof Refusal)) throw error;
        const besides = await spec.tellBesides(admitted, input);
        throw new Refusal(error.code, error.message, { ...besides, ...error.details }, { cause: error });
      }
    },
  };
}

function parse<S extends z.ZodType>(schema: S, value: unknown, code: RefusalCode, at: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  if (code === 'not_found') throw new Refusal('not_found', 'No such object.');
  const errors = result.error.issues.flatMap((issue) => toFaults(issue, at)).slice(0, 50);
  const first = errors[0];
  throw new Refusal(code, `The request is not valid${first ? `: ${first.path} ${first.message}` : ''}.`, { errors });
}

function toFaults(issue: z.core.$ZodIssue, at: string): readonly Fault[] {
  const path = at + issue.path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: `${path}/${key}`,
      code: 'unknown_field',
      message: 'is not a known field',
    }));
  }
  return [{ path, code: issue.code, message: issue.message }];
}
