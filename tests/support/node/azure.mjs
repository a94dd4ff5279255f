// Asks by @azure-rest/ai-inference as its README does; the events are those of @azure/core-sse.
import { text } from "node:stream/consumers";
import ModelClient from "@azure-rest/ai-inference";
import { createRestError } from "@azure-rest/core-client";
import { AzureKeyCredential } from "@azure/core-auth";
import { createSseStream } from "@azure/core-sse";
import { run } from "./program.mjs";

await run(async ({ base, key, headers, retries = 0, timeout, ...question }, event, answer, signal) => {
  const client = ModelClient(base, new AzureKeyCredential(key), {
    allowInsecureConnection: true,
    ...(question.version && { apiVersion: question.version }),
    retryOptions: { maxRetries: retries, retryDelayInMs: 1 },
  });
  const options = { body: question.body, headers, timeout, abortSignal: signal };
  const asked = client.path("/chat/completions").post(options);
  if (!question.body.stream) {
    const came = await asked;
    if (came.status !== "200") throw createRestError(came);
    return answer(came.body);
  }
  const came = await asked.asNodeStream();
  if (came.status !== "200") throw createRestError({ ...came, body: JSON.parse(await text(came.body)) });
  for await (const one of createSseStream(came.body)) {
    if (one.data === "[DONE]") break;
    event(JSON.parse(one.data));
  }
});
