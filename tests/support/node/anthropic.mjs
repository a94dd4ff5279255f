// Asks by Anthropic's SDK.
import Anthropic from "@anthropic-ai/sdk";
import { run } from "./program.mjs";

await run(async ({ base, key, headers, retries = 0, timeout, ...question }, event, answer, signal) => {
  const options = { apiKey: key, defaultHeaders: headers, maxRetries: retries, timeout };
  const client = new Anthropic({ ...options, baseURL: base });
  const asked = question.beta ? client.beta.messages : client.messages;
  const came = await asked.create(question.body, { signal, query: question.query });
  if (!question.body.stream) return answer(came);
  for await (const one of came) event(one);
  if (question.assemble) answer(await asked.stream(question.body).finalMessage());
});
