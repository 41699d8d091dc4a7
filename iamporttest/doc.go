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
// Its [http.Handler] side is for programs that want a real port:
//
//	ts := httptest.NewServer(srv)
//	defer ts.Close()
//	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithBaseURL(ts.URL))
//
// # What goes wrong
//
// [Server.Inject] makes the next requests fail in the ways that lose money: the connection dies before or after the
// charge, the answer is cut, is an HTML page, comes too late, says no. Whether a client then tells the truth is a matter
// of the books, which the server keeps by itself: [Server.Charges] is how often a merchant_uid was really charged.
//
//	srv.Inject("POST /subscribe/payments/again", iamporttest.LoseAfter())
//	...
//	require.Equal(t, 1, srv.Charges("order_1"))
//
// # Stricter than iamport
//
// A parameter that the operation does not have is answered 400 with its name, in the query, in the body and in the items
// of a schedule. iamport ignores such a parameter, and with it the filter, the limit or the tax that was misspelt.
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
// There is one channel, daou; a super billing key has a second one, nice, and charges always take the first.
// Promotions are recorded and give no discount, webhooks are not sent, and an amount may have decimals in any currency.
// A merchant_uid that waits in a schedule may be charged by onetime or again; the schedule then fails.
package iamporttest
