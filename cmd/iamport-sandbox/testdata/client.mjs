// The requests of iamport's guides with Node's own fetch. Prints one line of JSON for each answer.
// Usage: node client.mjs http://127.0.0.1:8787
const base = process.argv[2];

async function call(name, method, path, { json, form, token } = {}) {
  const headers = {};
  if (json) headers["Content-Type"] = "application/json";
  if (token) headers["Authorization"] = token;
  const body = json ? JSON.stringify(json) : form && new URLSearchParams(form);
  const answer = await fetch(base + path, { method, headers, body });
  const envelope = await answer.json();
  console.log(JSON.stringify({ name, method, path, status: answer.status, envelope }));
  return envelope.response;
}

const card = { card_number: "1234-1234-1234-1234", expiry: "2030-12", birth: "820213", pwd_2digit: "00" };
const later = Math.floor(Date.now() / 1000) + 3600;

const { access_token } = await call("token", "POST", "/users/getToken", {
  json: { imp_key: "sandbox-key", imp_secret: "sandbox-secret" },
});
const token = access_token;
await call("wrong token", "GET", "/payments/find/node_1", { token: "wrong" });
await call("key", "POST", "/subscribe/customers/node", { json: { ...card, customer_name: "홍길동" }, token });
await call("again", "POST", "/subscribe/payments/again", {
  json: { customer_uid: "node", merchant_uid: "node_1", amount: 8900, name: "월간 이용권 정기결제" }, token });
await call("onetime as a form", "POST", "/subscribe/payments/onetime", {
  form: { ...card, merchant_uid: "node_2", amount: "1000", name: "n" }, token: "Bearer " + token });
await call("schedule", "POST", "/subscribe/payments/schedule", {
  json: { customer_uid: "node", schedules: [
    { merchant_uid: "node_3", schedule_at: later, amount: 8900, name: "월간 이용권 정기결제", buyer_name: "홍길동" }] }, token });
await call("unschedule", "POST", "/subscribe/payments/unschedule", { json: { customer_uid: "node", merchant_uid: "node_3" }, token });
await call("cancel", "POST", "/payments/cancel", { json: { reason: "r", merchant_uid: "node_1", amount: 900, checksum: 8900 }, token });
const found = await call("find", "GET", "/payments/find/node_1/", { token });
await call("get", "GET", "/payments/" + found.imp_uid, { token });
await call("list", "GET", "/payments/status/all?limit=10", { token });
await call("schedules", "GET", `/subscribe/payments/schedule/customers/node?from=${later - 60}&to=${later + 60}&page=1`, { token });
await call("not found", "GET", "/payments/find/nothing", { token });
