// Asks by openai's SDK, plain or of Azure.
import OpenAI, { AzureOpenAI } from "openai";
import { run } from "./program.mjs";

const RESOURCE = {
  "chat.completions": (client) => client.chat.completions,
  completions: (client) => client.completions,
  responses: (client) => client.responses,
};
const FINAL = {
  "chat.completions": (stream) => stream.finalChatCompletion(),
  responses: (stream) => stream.finalResponse(),
};

function clientOf({ base, key, headers, retries = 0, timeout, azure }) {
  const options = { apiKey: key, defaultHeaders: headers, maxRetries: retries, timeout };
  return azure
    ? new AzureOpenAI({ ...options, endpoint: base, apiVersion: azure })
    : new OpenAI({ ...options, baseURL: base });
}

await run(async (question, event, answer, signal) => {
  const asked = RESOURCE[question.api](clientOf(question));
  const came = await asked.create(question.body, { signal, query: question.query });
  if (!question.body.stream) return answer(came);
  for await (const one of came) event(one);
  if (question.assemble) answer(await FINAL[question.api](asked.stream(question.body)));
});
