// Reads questions as JSON lines, asks them one after the other, and tells what came as JSON lines.
import { createInterface } from "node:readline";

// The class of an error and those above it, below JavaScript's own.
function lineage(error) {
  const names = [];
  let kind = error?.constructor;
  while (kind?.name && kind !== Error && kind !== Object) {
    names.push(kind.name);
    kind = Object.getPrototypeOf(kind);
  }
  return names;
}

// Aborts as a caller does who loses patience after so many events; without a number nobody does.
function patience(count) {
  const controller = new AbortController();
  let left = count;
  const seen = () => {
    if (left-- === 0) setTimeout(() => controller.abort(), 100).unref();
  };
  seen();
  return { signal: count === undefined ? undefined : controller.signal, seen };
}

// `ask` gets a question, what tells an event, what tells the assembled answer, and a signal or nothing.
export async function run(ask) {
  for await (const line of createInterface({ input: process.stdin })) {
    const question = JSON.parse(line);
    const begun = performance.now();
    const tell = (fact) => {
      const at = performance.now() - begun;
      process.stdout.write(`${JSON.stringify({ id: question.id, at_ms: at, ...fact })}\n`);
    };
    const { signal, seen } = patience(question.patience);
    const event = (one) => {
      tell({ event: one });
      seen();
    };
    try {
      await ask(question, event, (answer) => tell({ answer }), signal);
      tell({ end: true });
    } catch (error) {
      const status = error?.status ?? error?.statusCode ?? null;
      const cause = error?.cause?.cause?.code ?? error?.cause?.code ?? null;
      tell({ error: { classes: lineage(error), status, cause, message: String(error?.message) } });
    }
  }
  // A connection that an SDK has left unread (azure's, sending a stream's request again) would hold us here.
  process.stdout.write("", () => process.exit());
}
