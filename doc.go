// Package iamport charges cards through the subscription API of iamport
// (PortOne V1): one-off payments by card number, billing keys, charges against a
// customer_uid, schedules and refunds.
//
//	client, err := iamport.NewClient(key, secret)
//	payment, err := client.Onetime(ctx, iamport.OnetimeRequest{
//		MerchantUID: "order_id_8237352",
//		Amount:      iamport.KRW(3000),
//		Card:        iamport.Card{Number: number, Expiry: "2030-12", Birth: "820213"},
//	})
//
// # Outcomes of a charge
//
// [Client.Onetime], [Client.Again] and [Client.RetrySchedule] charge a card. One
// call puts at most one charge on it, and ends in one of four ways:
//
//	nil error               the payment is paid                     deliver
//	ErrNotCharged           this call moved no money, for certain   nothing to undo; a new try is safe
//	*AlreadyPaidError       an earlier call paid the merchant_uid   do not deliver twice
//	*OutcomeUnknownError    it may or may not have been charged     ask Settle later, or call EnsurePaid
//
// ErrNotCharged is matched with [errors.Is] and covers bad input
// ([*InvalidRequestError], nothing was sent), a sign-in that failed, a connection
// that was never made, a refusal by the API ([*Error]) and a decline by the PG or
// the card issuer ([*DeclinedError]). The other two are matched with
// [errors.AsType] or [errors.As], and are never ErrNotCharged.
//
// A decline is an error in both of the API's spellings: code 0 with status
// "failed", and a code other than 0 with the reason in message.
//
// # What is sent twice
//
//	                             no answer        HTTP 401                 429, 5xx, cut answer
//	charge, refund, card check   never            once, with a new token   never
//	other changes                never            once, with a new token   never
//	look-ups (GET)               up to 4 tries    once, with a new token   up to 4 tries
//
// HTTP 401 means that the API looked at the token and at nothing else, so a call
// that got it moved no money. Repeated look-ups wait in between, with full jitter
// and for as long as Retry-After asks, 30 s at most. Redirects are never followed:
// they would carry the card to another host.
//
// When the answer to a charge is lost (a reset or timed-out connection, an answer
// that is cut, unreadable, a 3xx, 5xx, or neither paid nor failed), the client
// looks the merchant_uid up, again and again within the settle window (10 s, see
// [WithSettleWindow]) and while the context lives. A record that began at or after
// the call settles it: paid is a payment, failed is a decline. A payment that
// began before is an [*AlreadyPaidError]. An older failed record is somebody
// else's attempt and settles nothing. What is not settled then is an
// [*OutcomeUnknownError]; [Client.Settle] looks again later.
//
// A charge that the API refuses is followed by one look-up, because a refusal is
// how it says that a merchant_uid was paid already. If that look-up fails, the
// outcome is unknown. HTTP 400 is a refusal of a parameter: there a look-up that
// fails changes nothing, but for RetrySchedule, where it may say that the schedule
// is paid. 401, 429 and the statuses about the form of an HTTP request (405, 406,
// 411, 413, 414, 415, 431) are not looked up.
//
// What nobody can tell: records have no mark of the call that made them, only the
// second in which they began. When two processes try the same merchant_uid at the
// same time with Onetime or Again, the decline of one may be taken for the lost
// answer of the other, by the charge itself or later by Settle. [Client.EnsurePaid]
// does not take a failed record for its own.
//
// Cancelling the context of a charge does not take it back: a charge that was sent
// goes on at the server.
//
// # Money
//
// [Amount] is exact decimal text from end to end, in the major unit of the
// currency (won, dollars). Its zero value means "not set", so that no forgotten
// field moves money; KRW(0) says zero.
//
// # Secrets
//
// A [Card], the key, the secret and the token print as placeholders, whatever
// prints or encodes them. Errors hold no URL, header or body, only the API's own
// message, with the number, expiry and birth date of the card cut out should they
// be quoted. [Card] says what Go leaves open.
//
// # Testing
//
// Package iamporttest is an iamport inside the test, with a memory and with
// faults to order.
package iamport

// Version is the version of this package, sent in the User-Agent header.
const Version = "0.1.0"
