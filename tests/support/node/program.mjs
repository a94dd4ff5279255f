// Reads questions as JSON lines, asks them one after the other, and tells what came as JSON lines.
import { createInterface } from "node:readline";

// The class of an error and those above it, below JavaScript's own.
function lineage(error) {
  const names = [];
  for (let kind = error?.constructor; kind?.name && kind !== Error && kind !== Object; kind = Object.getPrototypeOf(kind)) {
    names.push(kind.name);
  }
  return names;
}

// `ask` gets a question, what tells an event, and what tells the assembled answer.
export async function run(ask) {
  for await (const line of createInterface({ input: process.stdin })) {
    const question = JSON.parse(line);
    const begun = performance.now();
    const tell = (fact) => {
      const at = performance.now() - begun;
      process.stdout.write(`${JSON.stringify({ id: question.id, at_ms: at, ...fact })}\n`);
    };
    try {
      await ask(question, (event) => tell({ event }), (answer) => tell({ answer }));
      tell({ end: true });
    } catch (error) {
      const told = { classes: lineage(error), status: error?.status ?? error?.statusCode ?? null };
      tell({ error: { ...told, message: String(error?.message), cause: error?.cause?.code ?? error?.code ?? null } });
    }
  }
}

// A signal that a caller gives who loses patience; none where the question names no time.
export function patience(milliseconds) {
  if (milliseconds === undefined) return undefined;
  const controller = new AbortController();
  setTimeout(() => controller.abort(), milliseconds).unref();
  return controller.signal;
}
