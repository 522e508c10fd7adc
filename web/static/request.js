// What the JSON API is asked and answers. An error is thrown with the line that a person should read.
import { heard } from "./line.js";
import { _ } from "./texts.js";

const API = "/api/v1";
// Says that a person reads the answer, so that errors come in the visitor's language.
export const READ = { "Shotseek-Page": "1" };
const PATIENCE_MS = 30000;

// `address` is that of a route, with /api/v1 before it or without. Nothing comes back where nothing is answered.
export async function request(method, address, body) {
  const options = { method, signal: AbortSignal.timeout(PATIENCE_MS), headers: { ...READ } };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const whole = address.startsWith(`${API}/`) ? address : API + address;
  const answer = await fetch(whole, options).catch((error) => {
    if (error.name === "TimeoutError") throw new Error(_("Shotseek takes too long to answer. Try again."));
    heard(false);
    throw new Error(_("Shotseek does not answer. Is it still running?"));
  });
  heard(true);
  if (answer.status === 204) return undefined;
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.error?.message ?? _("Shotseek could not answer ({status}).", { status: answer.status }));
  return told;
}
