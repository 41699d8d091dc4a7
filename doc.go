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
//	nil error               the payment is paid, on the terms asked for   deliver
//	ErrNotCharged           this call moved no money, for certain         nothing to undo; another try, unless an earlier one is unknown
//	*AlreadyPaidError       another call paid the merchant_uid            do not deliver twice
//	*OutcomeUnknownError    it may or may not have been charged           ask Settle later, or call EnsurePaid
//
// ErrNotCharged is matched with [errors.Is] and covers bad input
// ([*InvalidRequestError], nothing was sent), a sign-in that failed, a connection
// that never came up, a refusal of the API ([*Error]) and a decline of the PG or
// card issuer ([*DeclinedError]). The API words a decline in two ways, as a payment
// with status failed and as a refusal with a message; both are errors here. A
// refusal is final only after a look-up that shows nothing paid.
//
// A payment is compared with what was asked for: the order and the amount always,
// the currency unless the record leaves it empty (without a Currency it is KRW),
// the customer_uid if both sides have one. A paid payment that differs is looked up,
// and the outcome is unknown if that does not settle it.
//
// Every other change (refund, billing key, schedule, [Client.Call] with another
// method than GET) has two kinds of error: an [*OutcomeUnknownError] where the answer
// was lost or cannot be read, whose text says how to find out, and any other error,
// which is certain: nothing was changed.
//
// # Whose payment it is
//
// Onetime and Again send a mark, random or given by [WithAttempt], in brackets in the
// User-Agent header, which iamport has been seen to keep as user_agent of the record.
// A record with the mark of a call is its own, one with another mark is another
// call's, one without a mark does not tell. No clock and no time of a record is ever
// compared. Where iamport does not keep the mark, fewer lost charges are settled, and
// nothing that is said becomes untrue.
//
// A charge whose answer is lost (a reset or timed-out connection, an answer that is
// cut or unreadable, a 1xx, 3xx or 5xx, a payment that is neither paid nor failed) is
// looked up with growing waits within the settle window (10 s, see
// [WithSettleWindow]) and while the context lives. The first of these that the
// records show is the result:
//
//	paid on other terms, with the own mark                          unknown
//	paid on the terms, with the own mark or without one             the payment
//	paid with another mark; cancelled                               *AlreadyPaidError
//	every record with the own mark failed, and nothing is paid      *DeclinedError
//	anything else                                                   unknown
//
// A charge that was refused is looked up once; a look-up that fails, or shows a record
// that may still be paid, is repeated for as long as a time-out. The payment with the
// own mark is the result, any other payment an AlreadyPaidError, and where nothing is
// paid the refusal stands. Only a second HTTP 401 in a row is not looked up.
//
// [Client.Settle] makes the same look-up later, from the order number and the mark
// alone. It gives every client of the account the same answer.
//
// Payments of Paymentwall can fail and be paid minutes later: there a failure and a
// refusal settle nothing, and are unknown.
//
// # Exactly once
//
// [Client.EnsurePaid] may be called any number of times for one order, and charges it
// at most once; [Client.EnsureRefunded] does the same for a refund. They look first,
// and send nothing for a quiet period ([WithQuietPeriod], 6 min 20 s) after an attempt
// whose outcome is not known. A [Journal] remembers the attempts. Without one of your
// own they are remembered in the memory of the client: one client charges an order at
// most once, and so do all clients that share a [NewMemoryJournal], until the process
// ends. Several processes, and a process that starts again after a crash, need one
// journal in a database ([WithJournal]).
//
// A PG that takes longer than the quiet period less the time-out, from the sending of
// a charge until its record shows, is beyond what they can guarantee; so is a charge
// that the API refuses in words or with 401, executes all the same, and shows only
// after the look-up, and a transport or proxy that repeats requests. Nothing else may
// charge the order: not Onetime, Again or RetrySchedule, and no schedule, so call
// [Client.Unschedule] first.
//
// # What is sent twice
//
//	                        no answer        API's own 401            429, 5xx, cut answer
//	any change              never            once, with a new token   never
//	look-ups (GET)          up to 4 tries    once, with a new token   up to 4 tries
//
// The API's own 401 is an envelope of a code, a message and a response of null, and so
// is every other 4xx that is taken for a refusal. It means that the API
// looked at the token and at nothing else; any other 401 may come from a gateway after
// the charge was made. net/http has nothing that it could send again by itself: the
// body of a change cannot be rewound. Repeated look-ups wait in between, with full
// jitter and for as long as Retry-After asks, 30 s at most. Redirects are never
// followed: they would carry the card to another host.
//
// Cancelling the context of a charge does not take it back: a charge that was sent
// goes on at the server.
//
// # Look-ups
//
// "There is none" is the API's own word: a 404 with a code, a message and a response
// of null, or an empty list. It matches [ErrNotFound] where one thing was asked for by its
// id. A 404 of a gateway, and a refusal by HTTP 200, are other errors; only
// [Client.GetCustomer] takes the latter for "not found", because that is how the API
// says it there. A list that ends before its total, or holds what cannot be read, is
// an error.
//
// # Money
//
// [Amount] is exact decimal text from end to end, in the major unit of the
// currency (won, dollars). Its zero value means "not set", so that no forgotten
// field moves money; KRW(0) says zero. Without a Currency an amount is in won and
// must be whole.
//
// # Secrets
//
// A [Card], the key, the secret and the token print as placeholders, whatever
// prints or encodes them. Errors hold no URL, header or body, only the API's own
// message, with the number of the card, the values of its other fields, the key, the
// secret and the token cut out should they be quoted. [Card] says what Go leaves open.
//
// # Testing
//
// Package iamporttest is an iamport inside the test, with a memory and with
// faults to order.
package iamport
