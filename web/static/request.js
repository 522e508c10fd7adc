// What the JSON API is asked and answers. An error is thrown with the line that it says.
export async function request(method, address, body) {
  const options = { method };
  if (body !== undefined) Object.assign(options, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const answer = await fetch(`/api/v1${address}`, options);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error.message);
  return told;
}
