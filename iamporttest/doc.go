// Package iamporttest is to the iamport package what net/http/httptest is to net/http: an iamport (PortOne V1) in the
// process, with a memory.
//
// A [Server] answers the subscription API as iamport writes it. It hands out tokens, stores billing keys, charges,
// runs schedules when its clock passes them, refunds, and finds again what it did. Its [http.RoundTripper] side needs no
// port, so a test may run inside a testing/synctest bubble and pass a month in no time:
//
//	srv := iamporttest.NewServer()
//	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
//
// Its [http.Handler] side is for programs that need a real port:
//
//	ts := httptest.NewServer(srv)
//	defer ts.Close()
//	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithBaseURL(ts.URL))
//
// # What goes wrong
//
// [Server.Inject] makes the next requests fail in the ways that lose money: the connection dies before or after the
// charge, the answer is cut, is an HTML page, comes too late, is a refusal. Whether a client then tells the truth is a matter
// of the books, which the server keeps by itself: [Server.Charges] is how often a merchant_uid was really charged.
//
//	srv.Inject("POST /subscribe/payments/again", iamporttest.LoseAfter())
//	...
//	require.Equal(t, 1, srv.Charges("order_1"))
//
// # Unhelpful
//
// The documents leave much open, and nobody has measured it. The server can be as unhelpful as iamport may be.
// All of this is off by default; what is named twice can be set for the server and for a single request.
//
//   - [WithPGTime], [Fault.PGTime]: the PG takes its time, and decides even if the client gives up.
//   - [WithLateRecords], [Fault.Late]: look-ups show a charge only some time after it was decided.
//   - [WithStaleLookups]: look-ups answer with an earlier state, as a read replica does.
//   - [WithDuplicates]: a second charge of an order is not, or not always, refused.
//   - [WithUserAgentLimit]: records cut the User-Agent, or drop it.
//   - [WithRecordClock]: records are dated by a clock of their own.
//   - [WithStaleChecksum]: the checksum of a refund is compared on arrival only.
//   - [Pending]: a charge is "ready" first, and paid or failed later.
//   - [FailThenPay]: a charge is failed first, and paid later, as with Paymentwall; [WithPGProvider] names another PG.
//   - [RefuseAfter]: a charge is refused in words and executed all the same.
//
// The books are complete all the same: [Server.Approvals] and [Server.Refunds] are what was really executed and when, and
// [Server.AtPG] is how many charges of an order may still be approved. Times in the books are by the server's clock,
// below the second; times in records are in whole seconds, as iamport writes them.
//
// # Stricter than iamport
//
// A parameter that the operation does not have is answered 400 with its name, in the query, in the body and in the items
// of a schedule. iamport ignores such a parameter, and with it the filter, the limit or the tax that was misspelt.
// A parameter that is longer than the schema allows is answered 400 with its name too; lengths count in characters.
// Where an answer of iamport is not known from public material, the server answers in its own words; no program should
// read them, nor those of iamport.
//
// # Cards
//
// Every card number of 14 to 16 digits is approved, at any expiry, but for three. They are this package's own and mean
// nothing to iamport:
//
//	4000-0000-0000-0002   every charge is declined: code 0, status "failed", "[2116]..." in fail_reason
//	4000-0000-0000-0010   the card is unknown: code not 0, "[F113]..." in message, no payment is recorded
//	4000-0000-0000-0028   storing the card works, and so does a onetime charge; charges on the stored key are declined
//
// No card number is kept once its request is answered, only its masked form.
//
// # Simplifications
//
// There is one channel, daou unless [WithPGProvider] names another; a super billing key has a second one, nice, and charges always take the first.
// Promotions are recorded and give no discount, webhooks are not sent, and an amount may have decimals in any currency.
// A merchant_uid that waits in a schedule may be charged by onetime or again; the schedule then fails.
package iamporttest
