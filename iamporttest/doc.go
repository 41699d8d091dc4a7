// Package iamporttest provides a test server for the iamport package, as net/http/httptest does for net/http. It
// simulates iamport (PortOne V1) in the process and keeps state.
//
// A [Server] answers the subscription API as iamport writes it. It issues tokens, stores billing keys, charges, runs
// schedules when its clock passes them, refunds, and answers look-ups. As an [http.RoundTripper] it needs no port, so a
// test may run inside a testing/synctest bubble, where a month takes no real time:
//
//	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"))
//	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
//
// The server starts empty, except for the customers of [WithCustomers], each with a stored card.
//
// As an [http.Handler] it is for programs that need a real port:
//
//	ts := httptest.NewServer(srv)
//	defer ts.Close()
//	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithBaseURL(ts.URL))
//
// A server that [Open] returns keeps its state in a [Store] and continues with it after a restart. The program
// cmd/iamport-sandbox serves one to programs in any language.
//
// # Faults
//
// [Server.Inject] makes the next requests fail in ways that can lose money: the connection is lost before or after the
// charge, the answer is truncated, is an HTML page, is too late, or is a refusal. The server keeps its own records (the
// books), so that a test can check the result of a client: [Server.Charges] is how often a merchant_uid was really
// charged.
//
//	srv.Inject("POST /subscribe/payments/again", iamporttest.LoseAfter())
//	...
//	require.Equal(t, 1, srv.Charges("order_1"))
//
// # Checks
//
// [RequireCharged], [RequireNotCharged] and [RequireRefunded] check one order, and [RequireSettled] the whole server at the
// end of a test. A failure prints the books of the order as a table: each request, attempt, approval, refund and webhook
// with its time.
//
//	iamporttest.RequireCharged(t, srv, "order_1", 9900)
//	iamporttest.RequireSettled(t, srv)
//
// # Webhooks
//
// With [WithWebhooks] the server sends webhooks to the handler of a program, as iamport does: "paid" for each approval,
// "paid" or "failed" for each attempt of a schedule, and "cancelled" for a refund with enable_webhook or by
// [Server.CancelInConsole]. A failed charge sends none. A checking_amount sends "paid", and its refund nothing.
// [Server.WaitWebhooks] waits for the deliveries, and [Server.Webhooks] returns what was sent and answered. Webhooks have
// no signature and may be late, doubled, lost or forged: [Server.InjectWebhooks], [WithShuffledWebhooks],
// [WithWebhookRetries] and [Server.SendWebhook] do that.
//
//	srv := iamporttest.NewServer(iamporttest.WithWebhooks(handler))
//	...
//	require.NoError(t, srv.WaitWebhooks(t.Context()))
//
// # Undocumented behaviour
//
// The documents of iamport do not define everything, and nobody has measured it. The server can simulate the
// unfavourable cases. All of them are off by default. A case with two names can be set for the server and for a single
// request.
//
//   - [WithPGTime], [Fault.PGTime]: the PG needs time, and decides even if the client stops waiting.
//   - [WithLateRecords], [Fault.Late]: look-ups show a charge only some time after it was decided.
//   - [WithStaleLookups]: look-ups show an earlier state, as a read replica does.
//   - [WithDuplicates]: a second charge of an order is not, or not always, refused.
//   - [WithUserAgentLimit]: records truncate the User-Agent, or do not keep it.
//   - [WithRecordClock]: records are dated by a separate clock.
//   - [WithStaleChecksum]: the checksum of a refund is compared on arrival only.
//   - [Pending]: a charge is "ready" first, and paid or failed later.
//   - [FailThenPay]: a charge is failed first, and paid later, as with Paymentwall; [WithPGProvider] names another PG.
//   - [RefuseAfter]: a charge is refused with a message but executed.
//
// The books are always complete: [Server.Approvals] and [Server.Refunds] return what was really executed and when, and
// [Server.AtPG] returns how many charges of an order may still be approved. Times in the books are by the server's
// clock, with fractions of a second. Times in records are in whole seconds, as iamport writes them.
//
// # Stricter than iamport
//
// An unknown parameter is answered 400 with its name, in the query, in the body and in the items of a schedule. iamport
// ignores such a parameter, so a misspelt filter, limit or tax has no effect there. A parameter that is longer than the
// schema allows is also answered 400 with its name; lengths are in characters. If an answer of iamport is not known
// from public material, the server uses its own message text. Programs must not depend on message texts of the server
// or of iamport.
//
// # Cards
//
// Every card number of 14 to 16 digits is approved, with any expiry, except these test numbers of this package. iamport
// does not treat them specially. Declined is code 0 with the text in fail_reason, and refused is code -1 with the text in
// message. docs/test-cards.md has the texts.
//
//	4000-0000-0000-0002   every charge is declined: [2116]
//	4000-0000-0000-0044   every charge is declined: [CC67]
//	4000-0000-0000-0051   every charge is declined: [코드: V023]
//	4000-0000-0000-0069   every charge is declined: [8901]
//	4000-0000-0000-0077   every charge is declined: [PAY_PROCESS_ABORTED]
//	4000-0000-0000-0085   every charge is declined: a text without a code
//	4000-0000-0000-0150   every charge is declined, unless the expiry is 2031-07: a text without a code
//	4000-0000-0000-0028   charges on the stored key are declined; storing it and a onetime charge work: [2116]
//	4000-0000-0000-0036   every charge is refused: [2116]
//	4000-0000-0000-0010   the card is refused: it is not stored and not charged: [F113]
//	4000-0000-0000-0119   the card is refused: it is not stored and not charged: [F112]
//	4000-0000-0000-0093   every charge is approved, every refund is refused: [8178]
//	4000-0000-0000-0101   every charge is approved, every refund is refused: [9029]
//	4000-0000-0000-0127   every charge is approved, and answered 5 seconds later
//	4000-0000-0000-0135   the connection is lost before every charge
//	4000-0000-0000-0143   the connection is lost after every charge
//
// After the answer only the masked form of a card number is kept.
//
// # Simplifications
//
// There is one channel, daou unless [WithPGProvider] names another; a super billing key has a second one, nice, and
// charges always take the first. Promotions are recorded and give no discount, and an amount may have decimals in any
// currency. Nobody has measured to which URL a refund sends its webhook: here one by the API sends it to the URL of the
// shop, as the schema says, and one in the console to that of the charge. A merchant_uid that is scheduled may be charged by onetime or again; the schedule then
// fails.
package iamporttest
